import type { Clock } from '@parley/domain'
import { Exchange } from './cluster-exchange.ts'
import { Lane } from './cluster-lane.ts'
import { federatedAnswer } from './federation-answer.ts'
import type { FederationRoute } from './federation-client.ts'
import { domainConnector, type FederationCertificate } from './federation-connections.ts'
import type { FederatedDomain } from './federation-policy.ts'
import type { FederatedRequest } from './federation-request.ts'
import type { DomainServers } from './federation-servers.ts'
import type { RvpRequest, RvpResponse } from './rvp-exchange.ts'

/** What one request to another IM domain may take. */
export interface FederationTimes {
  /** One attempt to connect. */
  readonly connectMs: number
  /** From the beginning to the end of the answer. */
  readonly answerMs: number
  /** The same for a NOTIFY, whose sender waits for devices. */
  readonly deliveryMs: number
}

// NOTE: shorter than what a process waits that sends through another one (ClusterClientLimits).
const defaultTimes: FederationTimes = { connectMs: 4_000, answerMs: 9_000, deliveryMs: 25_000 }
const idleMs = 60_000
const answerBytes = 1024 * 1024

/** Sends to other IM domains over TLS connections of this process. */
export class DirectRoute implements FederationRoute {
  readonly #given: ConstructorParameters<typeof DirectRoute>[0]
  readonly #times: FederationTimes
  readonly #lanes = new Map<string, Lane>()

  constructor(given: {
    readonly servers: Pick<DomainServers, 'locate'>
    /** What we show to servers that ask who we are: they cannot know otherwise for which IM domain we speak. */
    readonly certificate: FederationCertificate | undefined
    readonly clock: Clock
    readonly times?: FederationTimes
  }) {
    this.#given = given
    this.#times = given.times ?? defaultTimes
  }

  async send(domain: FederatedDomain, _: RvpRequest, written: FederatedRequest): Promise<RvpResponse> {
    const { answerMs, deliveryMs } = this.#times
    const limitMs = written.method === 'NOTIFY' ? deliveryMs : answerMs
    const exchange = new Exchange(answerBytes)
    // NOTE: over all of it, since a server that sends a byte now and then is as slow as one that sends none.
    const stop = this.#given.clock.after(limitMs, () => exchange.abandon(`${domain.domain} takes too long`))
    this.#lane(domain).send({ ...written, headersTimeout: limitMs }, exchange)
    try {
      return federatedAnswer(await exchange.answer)
    } finally {
      stop()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const lanes = [...this.#lanes.values()]
    this.#lanes.clear()
    await Promise.all(lanes.map((lane) => lane.destroy()))
  }

  #lane(domain: FederatedDomain): Lane {
    const known = this.#lanes.get(domain.domain)
    if (known) return known
    const { clock } = this.#given
    const { connections, concurrent } = domain.limits
    const { connectMs, answerMs } = this.#times
    const lane = new Lane(`https://${domain.domain}`, {
      connect: domainConnector(domain, { ...this.#given, eachMs: connectMs }),
      connections,
      pipelining: 1,
      idleMs,
      waiting: concurrent,
      waitMs: answerMs,
      clock,
    })
    this.#lanes.set(domain.domain, lane)
    return lane
  }
}
