/** One request, before addressing and authentication. */
export interface RvpTransportRequest {
  readonly method: string
  /** An absolute URL: by default the logical URL of a node, which the transport brings to the server it was made for. */
  readonly url: string
  /** Whether `url` says itself where to connect, as the URLs do that a server hands out. */
  readonly direct?: boolean
  /** Whether the URL alone gives access, as a stream's does: the request is sent without credentials. */
  readonly anonymous?: boolean
  /** Without Host, Content-Length, Authorization. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: string
  readonly signal?: AbortSignal
}

/** The head of an answer. */
export interface RvpTransportHead {
  readonly status: number
  /** The value of a header, by any spelling of its name. */
  header(name: string): string | undefined
  /** The URL asked, after redirects. */
  readonly url: string
  /** Whether `url` is to be asked directly: the server sent us there. */
  readonly direct: boolean
}

/** A complete answer, whatever its status. */
export interface RvpTransportResponse extends RvpTransportHead {
  readonly body: string
}

/** An answer without an end. */
export interface RvpTransportStream extends RvpTransportHead {
  /** The body as it arrives; ends when the server ends it, and throws TransportError when the connection breaks. */
  readonly chunks: AsyncIterable<string>
}

/**
 * Carries RVP requests, as a port: follows redirects (client-facts §5, 44), proves who the caller is, and bounds time and size.
 * Both calls reject with TransportError when there is no answer; an answer of any status, 401 too, resolves.
 */
export interface RvpTransport {
  send(request: RvpTransportRequest): Promise<RvpTransportResponse>
  /** Resolves once the head is there. Aborting the request's signal closes the connection. */
  open(request: RvpTransportRequest): Promise<RvpTransportStream>
  /** Drops what is in flight. Idempotent. */
  close(): Promise<void>
}
