import { RvpError } from '@parley/protocol'

/** A request that the listener refuses before any handler sees it; the connection closes after the answer. */
export class RequestRefusedError extends RvpError {
  override readonly name = 'RequestRefusedError'
  readonly status: number

  constructor(status: number, reason: string) {
    super(reason)
    this.status = status
  }
}
