import type { HttpRequest } from '../http-message.ts'

export interface PlainRequest {
  readonly method: string
  readonly target: string
  /** By names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly isProxied?: boolean | undefined
}

/** A request as the listener hands it over, on a plain connection of 10.0.0.1. */
export function plainRequest({ method, target, headers = {}, body = '', isProxied }: PlainRequest): HttpRequest {
  const map = new Map(Object.entries(headers))
  return {
    method,
    target,
    headers: { get: (name) => map.get(name), all: (name) => [map.get(name) ?? []].flat() },
    body: new TextEncoder().encode(body),
    connection: {
      remoteAddress: '10.0.0.1',
      remotePort: 1,
      localAddress: '10.0.0.2',
      localPort: 80,
      encrypted: false,
      ...(isProxied && { isProxied }),
      state: undefined,
    },
  }
}
