import type { X509Certificate } from 'node:crypto'
import { domainOf, type LogicalUrl } from '@parley/protocol'

/** What one other IM domain may cost us; the same in each direction. */
export interface FederationLimits {
  readonly requestsPerSecond: number
  /** Requests under way, those that wait for a connection included. */
  readonly concurrent: number
  /** Connections from one process to the domain. */
  readonly connections: number
}

/** Fits two organisations with a few thousand users each. */
export const defaultFederationLimits: FederationLimits = { requestsPerSecond: 50, concurrent: 64, connections: 8 }

/** Another IM domain, as our policy sees it. */
export interface FederatedDomain {
  /** Host of its logical URLs, in lower case. */
  readonly domain: string
  /** Whether its users may reach ours. */
  readonly inbound: boolean
  /** Whether our users may reach its. */
  readonly outbound: boolean
  /** Where it is, instead of what the DNS says. */
  readonly server?: { readonly host: string; readonly port: number }
  /** Who signs its certificates, instead of those whom we trust for everybody. */
  readonly authorities?: { readonly pem: string; readonly certificates: readonly X509Certificate[] }
  /** Names that its certificates may carry instead of the domain itself. */
  readonly serverNames: readonly string[]
  readonly limits: FederationLimits
  /** Whether its servers may have addresses of private networks or loopback. */
  readonly allowPrivate: boolean
}

/** Which other IM domains we talk to; whoever is not named is a stranger. */
export class FederationPolicy {
  readonly #domains: ReadonlyMap<string, FederatedDomain>

  constructor(domains: readonly FederatedDomain[]) {
    this.#domains = new Map(domains.map((domain) => [domain.domain, domain]))
  }

  /** Whether `domain` (host of a URL, in lower case) is one that we know; never one of ours. */
  readonly isKnown = (domain: string): boolean => this.#domains.has(domain)

  /** The domain of a node that our users may reach. */
  outbound(node: LogicalUrl): FederatedDomain | undefined {
    const domain = this.#domains.get(domainOf(node))
    return domain?.outbound ? domain : undefined
  }

  /** The domain of a principal who may reach our users. */
  inbound(principal: LogicalUrl): FederatedDomain | undefined {
    const domain = this.#domains.get(domainOf(principal))
    return domain?.inbound ? domain : undefined
  }
}

/**
 * Whether a certificate with these names (PeerCertificate.subjectAltNames) proves that its owner speaks for the domain. NOTE: a wildcard
 * proves nothing unless the policy names it: whoever runs another host below the same parent could speak for the domain.
 */
export function provesDomain(
  subjectAltNames: readonly string[],
  { domain, serverNames }: Pick<FederatedDomain, 'domain' | 'serverNames'>,
): boolean {
  return subjectAltNames.some((name) => name === domain || serverNames.includes(name))
}
