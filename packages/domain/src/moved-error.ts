import { RvpError, UnavailableError } from '@parley/protocol'

/** The node lives at another home, or is on its way to one: nothing was done here, and whoever asked should look it up again. */
export class MovedError extends RvpError {
  override readonly name = 'MovedError'
  readonly status = 503

  constructor() {
    super('the node is moving to another home server', { headers: [['Retry-After', '1']] })
  }
}

/** The home is changing hands, and some of a request was carried out here, or may have been: nobody else may be asked again. */
export function homeChanging(): UnavailableError {
  return new UnavailableError('the home server is being changed', { headers: [['Retry-After', '5']] })
}
