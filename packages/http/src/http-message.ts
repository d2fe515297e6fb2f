import type { X509Certificate } from 'node:crypto'

/** Header fields of a message, in the order sent. */
export interface HttpHeaders {
  /** The first value of `name` (lower case), white space trimmed. */
  get(name: string): string | undefined
  /** Every value of `name` (lower case), in order. */
  all(name: string): readonly string[]
}

/** What a peer proved by its certificate. */
export interface PeerCertificate {
  /** The DNS names that it is for, in lower case; a wildcard as it is. */
  readonly subjectAltNames: readonly string[]
  /** Whether one of these authorities has signed the certificate itself; to have signed its signer is not enough. */
  isSignedBy(authorities: readonly X509Certificate[]): boolean
}

/** The TCP connection that a request came on. */
export interface HttpConnectionInfo {
  /** Textual addresses; an IPv4 address mapped into IPv6 is given as IPv4. */
  readonly remoteAddress: string
  readonly remotePort: number
  readonly localAddress: string
  readonly localPort: number
  readonly encrypted: boolean
  /** Whether a trusted proxy is at the other end, which may send requests of several clients: what proves a connection proves nobody. */
  readonly isProxied?: boolean
  /** What the peer's certificate proves, when it showed one that is signed by an authority that we take for that (ListenerTls). */
  readonly peerCertificate?: PeerCertificate
  /** What the handler wants to remember about this connection, e.g. its authentication; undefined at first. */
  state: unknown
}

export interface HttpRequest {
  readonly method: string
  /** The request target exactly as sent: origin form, absolute form or `*`. */
  readonly target: string
  readonly headers: HttpHeaders
  /** Complete, and bounded by the listener's limits; empty when the request has none. */
  readonly body: Uint8Array
  readonly connection: HttpConnectionInfo
}

/** An answer that is complete; the listener adds `Content-Length` (client-facts §5, 8). */
export interface HttpResponse {
  readonly status: number
  /** Without `Content-Length` and `Connection`. Names go out exactly as spelled. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: string | Uint8Array
  /** Whether to close the connection after this answer (and say so). */
  readonly close?: boolean
  /**
   * Makes the answer one without an end: headers go out without a length and with `Connection: close`, then whatever is
   * written to the sink; the connection serves no further request. Called once, whatever happened to the connection since:
   * `onClose` tells. Used for streams only.
   */
  readonly stream?: (sink: ResponseSink) => void
}

/** The open end of a streamed answer. */
export interface ResponseSink {
  /**
   * Queues text (UTF-8), or bytes, which must not change any more; what is written in one turn of the event loop may go out in
   * one piece.
   */
  write(data: string | Uint8Array): void
  /** Bytes that the peer has not taken yet: the writer must stop, or close, before this grows without bound. */
  readonly pendingBytes: number
  /** Calls `listener` once when the peer has taken what was written so far; never when the connection goes before. */
  onDrain(listener: () => void): void
  /** Sends what is queued and closes. */
  end(): void
  /** Drops what is queued and closes. */
  destroy(): void
  /** Calls `listener` once when the connection is gone, whoever closed it; at once if it already is. */
  onClose(listener: () => void): void
}

/** Answers one request. Throwing is answered by a bare 500 and reported through the listener's events. */
export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>
