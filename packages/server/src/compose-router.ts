import { type CredentialSource, type Ids, systemIds } from '@parley/domain'
import { type ClusterClient, type ClusterKeys, createPeopleApp, type Listener } from '@parley/http'
import { createRouter, type Router } from '@parley/router'
import { AdminListener } from './admin-listener.ts'
import { type CertificateDate, certificateDates } from './certificate-dates.ts'
import { checkPlainListeners, type EdgeParts, openClientListeners } from './client-listeners.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { createEndpointEvents, createRouterEvents } from './cluster-events.ts'
import { type ClusterParts, openClusterParts } from './cluster-parts.ts'
import { Conditions } from './conditions.ts'
import { openEdgeCredentials } from './edge-credentials.ts'
import { parseEndpoint } from './endpoint.ts'
import { createEvents } from './events.ts'
import { createFederationEvents } from './federation-events.ts'
import { type FederationParts, openFederation, openFederationListeners } from './federation-parts.ts'
import { ConfigError } from './load-config.ts'
import { createLogger, flushed, type Logger } from './logger.ts'
import { Metrics } from './metrics.ts'
import type { ClusterNode } from './run-node.ts'
import type { SharedParts } from './shared-parts.ts'
import { openTracing, type Tracing, tracedEvents } from './tracing.ts'

/** What a test may replace. */
export interface RouterDeps {
  readonly ids: Ids
  readonly logger: Logger
  readonly shared: SharedParts
  readonly keys: ClusterKeys
  readonly credentials: CredentialSource
  readonly tracing: Tracing
}

/** A stateless router in a process of its own (design.md, "Roles of the one command"). */
export interface RouterNode extends ClusterNode {
  readonly adminUrl: string | undefined
}

/** Wires `parley router` by hand; nothing is opened before `start()`. */
export function composeRouter(config: ClusterConfig, given: Partial<RouterDeps> = {}): RouterNode {
  const ids = given.ids ?? systemIds
  const logger = given.logger ?? createLogger(config.log.level)
  const open = new AsyncDisposableStack()
  const listeners: Listener[] = []
  const conditions = new Conditions()
  const metrics = new Metrics({
    role: 'router',
    certificates: () => certificates,
    isReady: () => admin.ready,
    loads: () => [...inner, ...listeners].map(({ load }) => load),
    waiting: () => router?.counts(),
    degraded: () => conditions.list().length,
    connected: { redis: () => parts !== undefined && !conditions.has('redis') },
  })
  const events = createEvents(logger, metrics)
  const admin = new AdminListener(metrics)
  let adminUrl: string | undefined
  let certificates: readonly CertificateDate[] = []
  const inner: Listener[] = []
  let parts: ClusterParts | undefined
  let router: Router | undefined

  async function start(): Promise<void> {
    if (config.listen.length === 0) throw new ConfigError('a router needs "listen" in the configuration, or --listen')
    checkPlainListeners(config, logger)
    certificates = certificateDates(config)
    if (config.admin !== undefined) {
      const { address, port } = parseEndpoint(config.admin)
      open.use(admin)
      adminUrl = await admin.open(address, port)
    }
    const tracing = given.tracing ?? open.use(await openTracing(config, 'router', logger))
    const told = tracing ? tracedEvents(events, tracing) : events
    const tracer = tracing?.tracer
    parts = open.use(await openClusterParts(config, { ...given, ids, logger, conditions, events, tracer }))
    const signIn = given.credentials
      ? { credentials: given.credentials }
      : open.use(await openEdgeCredentials(config, { parts, ids, logger, conditions }))
    const federationEvents = createFederationEvents(logger, metrics, conditions, events)
    const federation = open.use(openFederation(config, parts, { ids, events: federationEvents }))
    const service = routerOver(parts, config, { logger, metrics, federation })
    router = service
    if (federation) {
      const endpointEvents = createEndpointEvents(logger, metrics, events)
      const edge = { service, ids, logger, events: { ...events, ...federationEvents }, endpointEvents }
      for (const listener of await openFederationListeners(config, parts, federation, edge)) {
        inner.push(open.use(listener))
      }
    }
    for (const listener of await openClientListeners(config, {
      ...edgeOver(parts, config, service, federation),
      ...signIn,
      tracing,
      ids,
      events: told,
    })) {
      listeners.push(open.use(listener))
    }
    admin.ready = true
    logger.info({ event: 'router.ready', urls: listeners.map(({ url }) => url) })
  }

  return {
    get urls() {
      return listeners.map(({ url }) => url)
    },
    get adminUrl() {
      return adminUrl
    },
    start,
    reload: (changed) => parts?.reloadKeys(changed),
    leave() {
      admin.leave()
      for (const listener of [...inner, ...listeners]) listener.leave()
      return listeners.length > 0
    },
    async drain(deadline) {
      admin.ready = false
      logger.info({ event: 'router.stopping' })
      await Promise.all([...inner, ...listeners].map((listener) => listener.drain(deadline)))
    },
    async [Symbol.asyncDispose]() {
      await open.disposeAsync()
      if (parts) logger.info({ event: 'router.stopped' })
      await flushed(logger)
    },
  }
}

/** The configuration, which must say who may sign in at this process. Throws ConfigError. */
export function withUsers(config: ClusterConfig): ClusterConfig & { readonly users: string } {
  const { users } = config
  if (users !== undefined) return { ...config, users }
  throw new ConfigError('"users" is missing: clients sign in at this process; name the users file of "parley user"')
}

/** What stands behind the listeners of clients in a process of a cluster. */
export function edgeOver(
  { locations, people, renames, clock, keys }: ClusterParts,
  config: ClusterConfig,
  service: Router,
  federation: FederationParts | undefined,
) {
  return {
    accounts: (principal) => locations.locate(principal),
    renamed: (node) => renames.find(node),
    service,
    streams: service.streams,
    app: createPeopleApp({ people, policy: config.search, perMinute: config.search.perMinute, clock }),
    clock,
    ...(federation && { isForeign: federation.policy.isKnown }),
    // The connections of one client may go to several processes.
    nonceKeys: () => keys.derive('digest nonces'),
  } satisfies Partial<EdgeParts>
}

/** What a router stands on. */
type RouterParts = Pick<ClusterParts, 'locations' | 'renames' | 'holders' | 'clock'> & {
  readonly client: Pick<ClusterClient, 'forward' | 'stream'>
}

/** The router of a process, on what the process stands on; `selfId` is the process's own as a holder of homes. */
export function routerOver(
  { locations, renames, holders, client, clock }: RouterParts,
  config: ClusterConfig,
  given: { logger: Logger; metrics: Metrics; selfId?: string; federation: FederationParts | undefined },
): Router {
  const { logger, metrics, selfId, federation } = given
  const { redirectNetworks, waitSeconds, waitingRequests } = config.router
  return createRouter({
    domains: config.domains.map(({ name }) => name),
    locations,
    renames,
    holders,
    client,
    clock,
    events: createRouterEvents(logger, metrics, clock),
    ...(federation && { foreign: federation.service }),
    redirect: { networks: redirectNetworks, ...(selfId !== undefined && { selfId }) },
    limits: {
      maxWaitMs: waitSeconds * 1000,
      maxHeld: waitingRequests,
      maxHeldPerHome: Math.ceil(waitingRequests / 4),
    },
  })
}
