import { isIP } from 'node:net'
import { addressTest, type Clock, canonicalAddress, isLoopback, isSpecialPurpose } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import type { NameService } from './federation-dns.ts'
import type { FederatedDomain } from './federation-policy.ts'
import { inSrvOrder } from './federation-srv-order.ts'

/** Where a server of another IM domain listens. */
export interface ServerAddress {
  readonly address: string
  readonly port: number
}

/** A server by name, with its addresses. */
interface Target {
  readonly port: number
  readonly priority: number
  readonly weight: number
  readonly addresses: readonly string[]
}

interface Found {
  readonly targets: readonly Target[]
  /** When it is to be looked up again. */
  readonly until: number
  /** When it is worth nothing any more, should the DNS not answer. */
  readonly uselessAt: number
}

/** Where the federation endpoint is when no SRV record says so: it speaks TLS. */
export const defaultFederationPort = 443

const shortestMs = 30_000
const longestMs = 600_000
/** How long nothing that was found is believed. */
const absentMs = 30_000
/** How long an old answer serves while the DNS does not answer. */
const staleMs = 3_600_000
const maxServices = 8
const maxAddresses = 8

const isPrivate = addressTest([
  { address: '10.0.0.0', prefix: 8 },
  { address: '100.64.0.0', prefix: 10 },
  { address: '172.16.0.0', prefix: 12 },
  { address: '192.168.0.0', prefix: 16 },
  { address: '198.18.0.0', prefix: 15 },
  { address: 'fc00::', prefix: 7 },
  // IPv4 behind a translator of one's own (RFC 8215), and what fc00::/7 was before.
  { address: '64:ff9b:1::', prefix: 48 },
  { address: 'fec0::', prefix: 10 },
])

/**
 * Finds the servers of other IM domains: SRV `_rvp._tcp`, else the addresses of the domain itself. What it finds is kept as
 * long as its records allow, within bounds. NOTE: whoever holds a domain's zone could point it into our own network: addresses
 * there are refused unless the policy expects them (promise 6).
 */
export class DomainServers {
  readonly #names: NameService
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #random: () => number
  readonly #found = new Map<string, Found>()
  readonly #pending = new Map<string, Promise<Found>>()

  /** `random` gives numbers from 0 to below 1. */
  constructor(given: { names: NameService; clock: Pick<Clock, 'elapsed'>; random: () => number }) {
    this.#names = given.names
    this.#clock = given.clock
    this.#random = given.random
  }

  /** In the order in which they are to be tried; at least one. Rejects with UnavailableError. */
  async locate(domain: FederatedDomain): Promise<readonly ServerAddress[]> {
    const { targets } = await this.#find(domain)
    const all = inSrvOrder(targets, this.#random).flatMap(({ port, addresses }) =>
      addresses.map((address) => ({ address, port })),
    )
    if (all.length === 0) throw nowhere(`the DNS knows no server of ${domain.domain}`)
    // NOTE: an address that the configuration itself names is meant.
    if (domain.server && isIP(domain.server.host)) return all
    const allowed = all.filter(({ address }) => isAllowed(address, domain))
    if (allowed.length > 0) return allowed
    throw nowhere(`the DNS says that ${domain.domain} is at a private address; its "allowPrivate" would allow that`)
  }

  async #find(domain: FederatedDomain): Promise<Found> {
    const known = this.#found.get(domain.domain)
    if (known && known.until > this.#clock.elapsed()) return known
    const pending = this.#pending.get(domain.domain)
    if (pending) return await pending
    const asking = this.#ask(domain, known)
    this.#pending.set(domain.domain, asking)
    try {
      const found = await asking
      this.#found.set(domain.domain, found)
      return found
    } finally {
      this.#pending.delete(domain.domain)
    }
  }

  async #ask(domain: FederatedDomain, known: Found | undefined): Promise<Found> {
    try {
      return await this.#lookUp(domain)
    } catch (cause) {
      const now = this.#clock.elapsed()
      if (known && known.targets.length > 0 && known.uselessAt > now) return { ...known, until: now + shortestMs }
      const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
      throw nowhere(`the DNS does not answer for ${domain.domain}: ${code}`, cause)
    }
  }

  async #lookUp({ domain, server }: FederatedDomain): Promise<Found> {
    if (server) return await this.#withAddresses([{ ...server, name: server.host, priority: 0, weight: 0 }])
    const services = await this.#names.services(`_rvp._tcp.${domain}`)
    // A single dot says that there is none (RFC 2782).
    if (services.length === 1 && services[0]?.name === '') return this.#lasting([], absentMs)
    if (services.length > 0) return await this.#withAddresses(services.slice(0, maxServices))
    return await this.#withAddresses([{ name: domain, port: defaultFederationPort, priority: 0, weight: 0 }])
  }

  async #withAddresses(
    services: readonly { name: string; port: number; priority: number; weight: number }[],
  ): Promise<Found> {
    let ttlMs = longestMs
    let failure: unknown
    const targets = await Promise.all(
      services.map(async ({ name, port, priority, weight }): Promise<Target> => {
        if (isIP(name)) return { port, priority, weight, addresses: [name] }
        try {
          const records = await this.#names.addresses(name)
          for (const { ttlSeconds } of records) ttlMs = Math.min(ttlMs, ttlSeconds * 1000)
          return { port, priority, weight, addresses: records.slice(0, maxAddresses).map(({ address }) => address) }
        } catch (err) {
          failure = err
          return { port, priority, weight, addresses: [] }
        }
      }),
    )
    const usable = targets.filter(({ addresses }) => addresses.length > 0)
    if (usable.length === 0 && failure !== undefined) throw failure
    return this.#lasting(usable, usable.length > 0 && failure === undefined ? Math.max(ttlMs, shortestMs) : absentMs)
  }

  #lasting(targets: readonly Target[], ms: number): Found {
    const now = this.#clock.elapsed()
    return { targets, until: now + ms, uselessAt: now + staleMs }
  }
}

function isAllowed(spelled: string, { allowPrivate }: FederatedDomain): boolean {
  const address = canonicalAddress(spelled)
  if (isLoopback(address)) return allowPrivate
  return !isSpecialPurpose(address) && (allowPrivate || !isPrivate(address))
}

function nowhere(detail: string, cause?: unknown): UnavailableError {
  return new UnavailableError('the other IM domain cannot be found', { detail, cause })
}
