import type { HttpConnectionInfo, HttpRequest } from './http-message.ts'

/** What a listener reports, for counting and logging; no function may throw. */
export interface ListenerEvents {
  connectionOpened(connection: HttpConnectionInfo): void
  connectionClosed(connection: HttpConnectionInfo): void
  /**
   * A connection was closed before it could ask anything: too many of them, or a TLS handshake that failed; or a request was
   * refused that a trusted proxy brought of a client with too many.
   */
  connectionRefused(reason: string, remoteAddress: string | undefined): void
  /** A request was answered by the listener itself, and its connection closed. */
  requestRefused(status: number, reason: string, connection: HttpConnectionInfo): void
  /** The handler threw, or its answer could not be sent; the peer got a bare 500. */
  handlerFailed(err: unknown, request: HttpRequest): void
  /** A connection could not be accepted, e.g. for want of file descriptors; the listener goes on. */
  acceptFailed(err: Error): void
}
