import { reasonPhrase } from '@parley/protocol'

/** Why there was no answer. */
export type TransportFailure = 'unreachable' | 'timeout' | 'aborted' | 'certificate' | 'protocol'

/** The server could not be asked, or what it answered was not HTTP within our limits. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly failure: TransportFailure

  constructor(failure: TransportFailure, message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.failure = failure
  }
}

/** The server answered a request with a status that is none of the good ones (RVP §8). */
export class RequestRefusedError extends Error {
  override readonly name = 'RequestRefusedError'
  readonly method: string
  readonly status: number
  /** The server's name for this request, for its administrator. */
  readonly requestId: string | undefined

  /** `detail`: what the server says of it. */
  constructor(method: string, status: number, requestId: string | undefined, detail?: string) {
    super(`${method} was answered with ${status} ${reasonPhrase(status)}${detail === undefined ? '' : `: ${detail}`}`)
    this.method = method
    this.status = status
    this.requestId = requestId
  }

  /** Whether asking again is of no use: a server that starts, is busy or fails may answer better later. */
  get isFinal(): boolean {
    return this.status < 500 && this.status !== 408 && this.status !== 429
  }
}

/** Whether it is an error that servers and networks make, and not a mistake of ours. */
export function isExpectedError(error: unknown): error is RequestRefusedError | TransportError {
  return error instanceof RequestRefusedError || error instanceof TransportError
}
