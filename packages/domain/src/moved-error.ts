import { RvpError } from '@parley/protocol'

/** The node lives at another home, or is on its way to one: nothing was done here, and whoever asked should look it up again. */
export class MovedError extends RvpError {
  override readonly name = 'MovedError'
  readonly status = 503

  constructor() {
    super('the node is moving to another home server', { headers: [['Retry-After', '1']] })
  }
}
