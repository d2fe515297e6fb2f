import { reasonPhrase } from './status.ts'

/**
 * A failure that knows its own answer: `status` and `publicMessage` go to the peer, `message` and `cause` stay with us
 * (RVP §8). Anything thrown that is not an `RvpError` is our bug and is answered with a bare 500.
 */
export abstract class RvpError extends Error {
  override readonly name: string = 'RvpError'
  abstract readonly status: number
  /** A sentence that is safe for the peer: no body, credential or address of anybody else. */
  readonly publicMessage: string
  /** Headers that the answer must carry, e.g. `Retry-After`. */
  readonly headers: readonly (readonly [string, string])[]

  constructor(
    publicMessage: string,
    options: { cause?: unknown; detail?: string; headers?: readonly (readonly [string, string])[] } = {},
  ) {
    super(options.detail ?? publicMessage, { cause: options.cause })
    this.publicMessage = publicMessage
    this.headers = options.headers ?? []
  }

  get reason(): string {
    return reasonPhrase(this.status)
  }
}

/** The request is malformed (RVP §8 names no code; RFC 9110 §15.5.1). */
export class BadRequestError extends RvpError {
  override readonly name = 'BadRequestError'
  readonly status = 400
}

/** The access list, or policy, forbids it (promise 5). */
export class ForbiddenError extends RvpError {
  override readonly name = 'ForbiddenError'
  readonly status = 403
}

/** No such node, property or subscription. */
export class NotFoundError extends RvpError {
  override readonly name = 'NotFoundError'
  readonly status = 404
}

/** COPY and MOVE, and methods that a kind of node does not have (RVP §5.8). */
export class MethodNotAllowedError extends RvpError {
  override readonly name = 'MethodNotAllowedError'
  readonly status = 405
}

/** The peer took too long to send its request (RFC 9110 §15.5.9). */
export class RequestTimeoutError extends RvpError {
  override readonly name = 'RequestTimeoutError'
  readonly status = 408
}

/** The request does not fit the node as it is now, e.g. a PROPFIND without `Depth: 0` (RVP §5.4, §8, 412). */
export class PreconditionFailedError extends RvpError {
  override readonly name = 'PreconditionFailedError'
  readonly status = 412
}

/** Nobody is there to receive the message (RVP §8, 412). */
export class RecipientUnavailableError extends RvpError {
  override readonly name = 'RecipientUnavailableError'
  readonly status = 412

  constructor(options: { cause?: unknown; detail?: string } = {}) {
    super('recipient is not available', options)
  }
}

/** The recipient has left the conversation that the message belongs to, and its inbox said so (RVP §8, 500). */
export class RecipientLeftError extends RvpError {
  override readonly name = 'RecipientLeftError'
  readonly status = 500

  constructor() {
    super('recipient has left the conversation')
  }
}

/** The body is larger than we take (RFC 9110 §15.5.14). */
export class PayloadTooLargeError extends RvpError {
  override readonly name = 'PayloadTooLargeError'
  readonly status = 413
}

/** The body is not of a type that the method takes (RFC 9110 §15.5.16). */
export class UnsupportedMediaTypeError extends RvpError {
  override readonly name = 'UnsupportedMediaTypeError'
  readonly status = 415
}

/** The caller asks for more than its share; `Retry-After` says when to come back (RFC 6585 §4). */
export class TooManyRequestsError extends RvpError {
  override readonly name = 'TooManyRequestsError'
  readonly status = 429
}

/** A method that RVP does not have (RVP §5.8). */
export class NotImplementedError extends RvpError {
  override readonly name = 'NotImplementedError'
  readonly status = 501
}

/** We cannot do it now, e.g. the store refuses writes; nothing was changed (promise 1). */
export class UnavailableError extends RvpError {
  override readonly name = 'UnavailableError'
  readonly status = 503
}

/** The request went round in a circle, or over more hops than we allow (RVP §7.2, RVP-Hop-Count; RFC 5842 §7.2). */
export class LoopDetectedError extends RvpError {
  override readonly name = 'LoopDetectedError'
  readonly status = 508
}
