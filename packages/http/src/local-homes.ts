import type { HomeLease } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { type ClusterClient, type HeldHomes, NodeUnreachableError, NotHeldError } from './cluster-client.ts'
import type { HeldHome } from './cluster-endpoint.ts'
import type { StreamEndpoint } from './edge.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import { plainResponse } from './response-writer.ts'
import type { RvpRequest, RvpResponse } from './rvp-exchange.ts'
import { streamTokenOf } from './stream-hub.ts'
import { nodeOfStreamToken } from './stream-token.ts'

export interface LocalHomesOptions {
  readonly held: HeldHomes<HeldHome>
  readonly streams: StreamEndpoint
  /** For homes of other processes. */
  readonly client: Pick<ClusterClient, 'forward' | 'stream'>
}

/**
 * What a router in a home process forwards to: a home that the process holds itself is asked without a connection, and its
 * streams go straight to their devices.
 */
export class LocalHomes implements Pick<ClusterClient, 'forward' | 'stream'> {
  readonly #held: HeldHomes<HeldHome>
  readonly #streams: StreamEndpoint
  readonly #client: LocalHomesOptions['client']

  constructor({ held, streams, client }: LocalHomesOptions) {
    this.#held = held
    this.#streams = streams
    this.#client = client
  }

  async forward(lease: HomeLease, request: RvpRequest): Promise<RvpResponse> {
    const home = this.#homeOf(lease)
    if (!home) return await this.#client.forward(lease, request)
    try {
      return await home.service.handle(request)
    } catch (err) {
      // NOTE: it is somebody behind the home who was not reached; the request did reach its home, and goes to no other one.
      if (err instanceof NodeUnreachableError) throw new UnavailableError(err.publicMessage, { cause: err })
      throw err
    }
  }

  async stream(lease: HomeLease, request: HttpRequest): Promise<HttpResponse> {
    const home = this.#homeOf(lease)
    if (!home) return await this.#client.stream(lease, request)
    const answer = (await this.#streams.handle(request)) ?? plainResponse(404)
    if (answer.status !== 404) return answer
    // A device that is told 404 signs in anew, and only the home that has its node knows that there is no such stream.
    const node = nodeOfStreamToken(streamTokenOf(request.target) ?? '')
    if (node !== undefined && !home.serves(node)) throw new NotHeldError()
    return answer
  }

  /** The home, unless somebody took it after we did. */
  #homeOf({ home, epoch }: HomeLease): HeldHome | undefined {
    const held = this.#held(home)
    return held && held.epoch >= epoch ? held : undefined
  }
}
