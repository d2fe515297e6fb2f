import type { HomeLease } from '@parley/domain'
import {
  type HttpRequest,
  type HttpResponse,
  NodeUnreachableError,
  NotHeldError,
  nodeOfStreamToken,
  type StreamEndpoint,
  streamTokenOf,
} from '@parley/http'
import { aliasOf, domainOf, header, type LogicalUrl, notificationsVersion, UnavailableError } from '@parley/protocol'
import { RenamedNodes } from './renamed-nodes.ts'
import type { RouterOptions } from './router-options.ts'

type StreamDeps = Pick<RouterOptions, 'locations' | 'renames' | 'holders' | 'client'>

/** Devices come back by themselves, so nothing is retried here. */
const retrySeconds = '2'

/** Passes streams on to the homes that have them (docs/protocol/streams.md): a token names its user, and the path is its own authorization. */
export class RouterStreams implements StreamEndpoint {
  readonly #deps: StreamDeps
  readonly #domains: ReadonlySet<string>
  readonly #renamed: RenamedNodes

  constructor(deps: StreamDeps, domains: ReadonlySet<string>) {
    this.#deps = deps
    this.#renamed = new RenamedNodes(deps.renames, deps.locations)
    this.#domains = domains
  }

  handle(request: HttpRequest): Promise<HttpResponse> | undefined {
    const token = streamTokenOf(request.target)
    return token === undefined ? undefined : this.#pass(request, nodeOfStreamToken(token))
  }

  async #pass(request: HttpRequest, node: LogicalUrl | undefined): Promise<HttpResponse> {
    if (node === undefined || aliasOf(node) === undefined || !this.#domains.has(domainOf(node))) return answer(404)
    const { locations, holders, client } = this.#deps
    let lease: HomeLease | undefined
    try {
      // NOTE: a token names its user by the URL of that time.
      const location = (await locations.locate(node)) ?? (await this.#renamed.find(node))
      if (!location) return answer(404)
      lease = await holders.find(location.home)
      if (lease) return await client.stream(lease, request)
    } catch (err) {
      if (err instanceof NotHeldError) locations.doubt(node)
      else if (!(err instanceof NodeUnreachableError || err instanceof UnavailableError)) throw err
      if (lease) holders.forget(lease)
    }
    return answer(503, [[header.retryAfter, retrySeconds]])
  }
}

function answer(status: number, headers: readonly (readonly [string, string])[] = []): HttpResponse {
  return {
    status,
    headers: [[header.notificationsVersion, notificationsVersion], ['Cache-Control', 'no-store'], ...headers],
  }
}
