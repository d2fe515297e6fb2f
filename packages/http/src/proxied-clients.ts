import { header } from '@parley/protocol'
import { forwardedAddress, forwardedOverTls } from './forwarded-client.ts'
import type { HttpConnectionInfo, HttpHandler, HttpResponse } from './http-message.ts'
import type { ListenerEvents } from './listener-events.ts'
import { plainResponse } from './response-writer.ts'

/** Which proxies are believed, and what is borne of a client behind them. */
export interface ProxiedClientsOptions {
  /** Whether an address is that of a proxy whose word about its clients is taken. */
  readonly isTrusted: (address: string) => boolean
  /** Requests under way, and open streams, of one client address at one time: each stands for a connection of its own. */
  readonly maxAtOnce: (address: string) => number
  readonly events: Pick<ListenerEvents, 'connectionRefused'>
}

const retrySeconds = '5'
const tooMany = plainResponse(429, 'too many requests at one time from your address')
const busy: HttpResponse = { ...tooMany, headers: [...tooMany.headers, [header.retryAfter, retrySeconds]] }

/**
 * Shows `handler` requests that come over a connection of a trusted proxy (HttpConnectionInfo.isProxied) as their clients' own: with
 * the client's address and encryption, and a connection that remembers nothing, since the next request on it may be another
 * client's. All other requests pass as they are, whatever their headers say.
 */
export function behindTrustedProxies(handler: HttpHandler, options: ProxiedClientsOptions): HttpHandler {
  const { isTrusted, maxAtOnce, events } = options
  const atOnce = new Map<string, number>()
  return (request) => {
    const { connection, headers } = request
    if (!connection.isProxied) return handler(request)
    const address = forwardedAddress(connection.remoteAddress, headers, isTrusted)
    const others = atOnce.get(address) ?? 0
    if (others >= maxAtOnce(address)) {
      events.connectionRefused('too many requests at one time from this address, through a trusted proxy', address)
      return busy
    }
    atOnce.set(address, others + 1)
    const release = (): void => {
      const left = (atOnce.get(address) ?? 1) - 1
      if (left > 0) atOnce.set(address, left)
      else atOnce.delete(address)
    }
    const client: HttpConnectionInfo = {
      ...connection,
      remoteAddress: address,
      encrypted: forwardedOverTls(headers),
      state: undefined,
    }
    let answer: ReturnType<HttpHandler>
    try {
      answer = handler({ ...request, connection: client })
    } catch (err) {
      release()
      throw err
    }
    return answer instanceof Promise ? released(answer, release) : releasedWith(answer, release)
  }
}

async function released(answer: Promise<HttpResponse>, release: () => void): Promise<HttpResponse> {
  try {
    return releasedWith(await answer, release)
  } catch (err) {
    release()
    throw err
  }
}

/** A stream goes on counting until it ends. */
function releasedWith(response: HttpResponse, release: () => void): HttpResponse {
  const { stream } = response
  if (!stream) {
    release()
    return response
  }
  return {
    ...response,
    stream: (sink) => {
      sink.onClose(release)
      stream(sink)
    },
  }
}
