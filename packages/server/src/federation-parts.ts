import { X509Certificate } from 'node:crypto'
import type { Ids } from '@parley/domain'
import {
  type ClusterEndpointEvents,
  createClusterClient,
  createClusterEndpoint,
  createFederationEndpoint,
  createNameService,
  DirectRoute,
  DomainServers,
  EgressRoute,
  type FederatedDomain,
  FederationClient,
  type FederationEvents,
  FederationPolicy,
  type FederationRoute,
  federationListenerLimits,
  type Listener,
  type ListenerEvents,
  openListener,
  type RvpService,
} from '@parley/http'
import { servedDomains } from './client-listeners.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { checkClusterListener, openClusterListener } from './cluster-listener.ts'
import type { ClusterParts } from './cluster-parts.ts'
import { clusterTls } from './cluster-secrets.ts'
import { parseEndpoint } from './endpoint.ts'
import type { FederationConfig } from './federation-config.ts'
import { ConfigError } from './load-config.ts'
import type { Logger } from './logger.ts'
import { readPemFile, readSecretFile } from './secret-file.ts'

/** Other IM domains, as one process of a cluster reaches them. */
export interface FederationParts extends AsyncDisposable {
  readonly policy: FederationPolicy
  /** Takes requests of our users for nodes of other domains. */
  readonly service: RvpService
  /** Whether other processes of the cluster send through this one. */
  readonly isEgress: boolean
}

/** Opens the way to other IM domains; undefined when the configuration names none. Throws ConfigError. */
export function openFederation(
  config: ClusterConfig,
  parts: Pick<ClusterParts, 'keys' | 'clock'>,
  given: { readonly ids: Ids; readonly events: FederationEvents },
): FederationParts | undefined {
  const { federation } = config
  if (!federation || federation.domains.length === 0) return undefined
  const policy = new FederationPolicy(federation.domains.map((domain) => federatedDomain(domain, config)))
  const isEgress = federation.egress.includes(ownUrl(config))
  const route = routeOf(federation, config, parts, { ids: given.ids, isEgress })
  const { clock } = parts
  const domains = config.domains.map(({ name }) => name)
  const service = new FederationClient({ policy, domains, route, clock, events: given.events })
  return { policy, service, isEgress, [Symbol.asyncDispose]: () => route[Symbol.asyncDispose]() }
}

/**
 * Opens what a router listens on beside its clients: for other IM domains, and for processes of the cluster that send to them
 * through this one. Rejects with ConfigError.
 */
export async function openFederationListeners(
  config: ClusterConfig,
  parts: Pick<ClusterParts, 'keys' | 'clock'>,
  federation: FederationParts,
  given: {
    readonly service: RvpService
    readonly ids: Ids
    readonly logger: Logger
    readonly events: FederationEvents & ListenerEvents
    readonly endpointEvents: ClusterEndpointEvents
  },
): Promise<readonly Listener[]> {
  await using open = new AsyncDisposableStack()
  const listeners: Listener[] = []
  const { clock } = parts
  const domains = servedDomains(config, undefined)
  const { policy, service: foreign } = federation
  const { ids, events } = given
  if (config.federation?.listen) {
    const { listen } = config.federation
    const { clientCa } = listen.tls
    const authorities =
      clientCa === undefined ? [] : readAuthorities(clientCa, 'federation.listen.tls.clientCa').certificates
    const handler = createFederationEndpoint({
      policy,
      authorities,
      domains,
      service: given.service,
      clock,
      ids,
      events,
    })
    listeners.push(open.use(await openForDomains(config.federation, listen, { clock, events, handler })))
  }
  if (federation.isEgress) {
    checkClusterListener(config, given.logger)
    const handler = createClusterEndpoint({
      held: () => undefined,
      keys: parts.keys,
      clock,
      domains,
      streams: { handle: () => undefined },
      foreign,
      isForeign: policy.isKnown,
      events: given.endpointEvents,
    })
    listeners.push(open.use(await openClusterListener(config, { clock, events, handler })))
  }
  open.move()
  return listeners
}

async function openForDomains(
  { domains }: FederationConfig,
  listen: NonNullable<FederationConfig['listen']>,
  parts: Pick<Parameters<typeof openListener>[0], 'clock' | 'events' | 'handler'>,
): Promise<Listener> {
  const { cert, key, clientCa } = listen.tls
  const own = domains.flatMap(({ direction, tls }) =>
    direction !== 'outbound' && tls.ca !== undefined ? [tls.ca] : [],
  )
  const authorities = new Set([...(clientCa === undefined ? [] : [clientCa]), ...own])
  const tls = {
    cert: readPemFile(cert, 'federation.listen.tls.cert'),
    key: readSecretFile(key, 'federation.listen.tls.key'),
    clientCa: [...authorities].map((file) => readPemFile(file, 'federation')).join('\n'),
  }
  try {
    return await openListener({ ...parseEndpoint(listen.at), tls, limits: federationListenerLimits, ...parts })
  } catch (err) {
    const reason = err instanceof Error ? err.message : 'unknown'
    throw new ConfigError(`cannot listen on ${listen.at} for other IM domains: ${reason}`, { cause: err })
  }
}

function routeOf(
  { egress, client, dnsServers }: FederationConfig,
  config: ClusterConfig,
  { keys, clock }: Pick<ClusterParts, 'keys' | 'clock'>,
  { ids, isEgress }: { readonly ids: Ids; readonly isEgress: boolean },
): FederationRoute {
  const [first, ...rest] = egress
  if (first !== undefined && !isEgress) {
    const tls = clusterTls(config)
    return new EgressRoute({
      routers: [first, ...rest],
      open: (limits) => createClusterClient({ keys, clock, ids, limits, ...tls }),
    })
  }
  return new DirectRoute({
    servers: new DomainServers({
      names: createNameService(dnsServers),
      clock,
      random: () => ids.number() / 0x8000_0000,
    }),
    certificate: client && {
      cert: readPemFile(client.cert, 'federation.client.cert'),
      key: readSecretFile(client.key, 'federation.client.key'),
    },
    clock,
  })
}

function federatedDomain(
  { domain, direction, server, tls, limits, allowPrivate }: FederationConfig['domains'][number],
  config: ClusterConfig,
): FederatedDomain {
  if (config.domains.some(({ name, aliases }) => name === domain || aliases.includes(domain))) {
    throw new ConfigError(`"federation.domains" names ${domain}, which is one of our own "domains"`)
  }
  return {
    domain,
    inbound: direction !== 'outbound',
    outbound: direction !== 'inbound',
    ...(server !== undefined && { server: hostAndPort(server) }),
    ...(tls.ca !== undefined && { authorities: readAuthorities(tls.ca, 'federation.domains.tls.ca') }),
    serverNames: tls.serverNames,
    limits,
    allowPrivate,
  }
}

function hostAndPort(server: string): { host: string; port: number } {
  const { address, port } = parseEndpoint(server)
  return { host: address, port }
}

function readAuthorities(file: string, setting: string): NonNullable<FederatedDomain['authorities']> {
  const pem = readPemFile(file, setting)
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) throw new ConfigError(`${file}, which "${setting}" names, has no certificate`)
  try {
    return { pem, certificates: blocks.map((block) => new X509Certificate(block)) }
  } catch (cause) {
    throw new ConfigError(`${file}, which "${setting}" names, has a certificate that cannot be read`, { cause })
  }
}

/** Under which other nodes of the cluster reach this process, if it listens for them. */
function ownUrl({ cluster }: ClusterConfig): string {
  return cluster.advertise ?? `${cluster.tls ? 'https' : 'http'}://${cluster.listen}`
}
