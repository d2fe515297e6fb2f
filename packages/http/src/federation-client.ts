import type { Clock } from '@parley/domain'
import { domainOf, ForbiddenError, header, NotFoundError, RvpError, UnavailableError } from '@parley/protocol'
import { NodeUnreachableError, NotHeldError } from './cluster-client.ts'
import type { FederationEvents } from './federation-events.ts'
import { DomainGates } from './federation-gate.ts'
import type { FederatedDomain, FederationPolicy } from './federation-policy.ts'
import { type FederatedRequest, federatedRequest } from './federation-request.ts'
import type { RvpRequest, RvpResponse, RvpService } from './rvp-exchange.ts'

/** A way to other IM domains: over connections of our own, or through another process. */
export interface FederationRoute extends AsyncDisposable {
  /** `written` is the request as the domain gets it. Rejects with RvpError; with NodeUnreachableError when nobody answers. */
  send(domain: FederatedDomain, request: RvpRequest, written: FederatedRequest): Promise<RvpResponse>
}

export interface FederationClientOptions {
  readonly policy: Pick<FederationPolicy, 'outbound'>
  /** Our IM domains, as they stand in canonical URLs. */
  readonly domains: readonly string[]
  readonly route: FederationRoute
  readonly clock: Clock
  readonly events: Pick<FederationEvents, 'exchanged' | 'reachable'>
}

/**
 * Takes requests of our users for nodes of other IM domains. Each domain has its own bounds, so that one which is dead or slow
 * costs only what goes to it.
 */
export class FederationClient implements RvpService {
  readonly #options: FederationClientOptions
  readonly #domains: ReadonlySet<string>
  readonly #gates: DomainGates

  constructor(options: FederationClientOptions) {
    this.#options = options
    this.#domains = new Set(options.domains)
    this.#gates = new DomainGates(options.clock, (domain, isAway) => options.events.reachable(domain, !isAway))
  }

  async handle(request: RvpRequest): Promise<RvpResponse> {
    const { policy, route, events } = this.#options
    const domain = policy.outbound(request.node)
    if (!domain) throw new NotFoundError('no such IM domain here')
    // NOTE: our certificate speaks for our own users only, e.g. not for a member of a group here who is of a third domain.
    if (!this.#domains.has(domainOf(request.identity.principal))) {
      throw new ForbiddenError('nobody speaks for users of another IM domain')
    }
    const written = federatedRequest(request)
    const exchange = {
      domain: domain.domain,
      direction: 'outbound',
      reqId: request.requestId,
      method: request.method,
    } as const
    try {
      const answer = await this.#gates.of(domain).pass(() => route.send(domain, request, written), isAway)
      events.exchanged({ ...exchange, status: answer.status })
      return answer
    } catch (thrown) {
      const err = isAway(thrown) ? unanswered(thrown) : thrown
      events.exchanged({ ...exchange, status: err instanceof RvpError ? err.status : 500, err })
      throw err
    }
  }
}

function isAway(err: unknown): boolean {
  // NOTE: what is not held is a home's to say; another domain's server says it for nobody.
  return err instanceof NodeUnreachableError || err instanceof NotHeldError
}

function unanswered(cause: unknown): UnavailableError {
  return new UnavailableError('the other IM domain does not answer', {
    detail: cause instanceof Error ? cause.message : 'the other IM domain does not answer',
    cause,
    headers: [[header.retryAfter, '10']],
  })
}
