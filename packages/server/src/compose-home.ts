import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { StatusBusNats } from '@parley/adapter-nats'
import { type HomeHolder, type HomeName, type StatusBus, systemIds, tracedStatusBus } from '@parley/domain'
import { HomeKeeper, handOverMs } from '@parley/home'
import { createClusterEndpoint, type Listener, LocalHomes, parseHandBackAnswer, StreamHub } from '@parley/http'
import type { Router } from '@parley/router'
import { AdminListener } from './admin-listener.ts'
import { type CertificateDate, certificateDates } from './certificate-dates.ts'
import { checkPlainListeners, openClientListeners, servedDomains } from './client-listeners.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { createEndpointEvents, createHomeKeeperEvents, createNatsEvents } from './cluster-events.ts'
import { checkClusterListener, openClusterListener } from './cluster-listener.ts'
import { openClusterParts } from './cluster-parts.ts'
import { natsSettings } from './cluster-secrets.ts'
import { edgeOver, type RouterDeps, routerOver } from './compose-router.ts'
import { Conditions } from './conditions.ts'
import { openEdgeCredentials } from './edge-credentials.ts'
import { parseEndpoint } from './endpoint.ts'
import { createEvents } from './events.ts'
import { createFederationEvents } from './federation-events.ts'
import { openFederation } from './federation-parts.ts'
import { type HeldHomeOfProcess, heldHomeOpener, servingOf, silences, statusOf, sumOfCounts } from './held-home.ts'
import { createLogger, flushed } from './logger.ts'
import { Metrics } from './metrics.ts'
import type { ClusterNode } from './run-node.ts'
import { openTracing, tracedEvents } from './tracing.ts'

/** How long a process that stops goes on telling other nodes that it holds nothing any more. */
const refusingMs = 250

/** What a test may replace. */
export interface HomeNodeDeps extends RouterDeps {
  readonly bus: StatusBus
}

/** A process that holds homes (design.md, "Roles of the one command"). */
export interface HomeNode extends ClusterNode {
  readonly adminUrl: string | undefined
  /** Where other nodes of the cluster reach it; known once started. */
  readonly clusterUrl: string | undefined
}

/** Wires `parley home` by hand; nothing is opened before `start()`. */
export function composeHome(config: ClusterConfig, given: Partial<HomeNodeDeps> = {}): HomeNode {
  const ids = given.ids ?? systemIds
  const logger = given.logger ?? createLogger(config.log.level)
  const open = new AsyncDisposableStack()
  const listeners: Listener[] = []
  const conditions = new Conditions()
  const metrics = new Metrics({
    role: 'home',
    certificates: () => certificates,
    isReady: () => admin.ready,
    loads: () => [...(cluster ? [cluster] : []), ...listeners].map(({ load }) => load),
    counts: () => sumOfCounts(heldHomes()),
    homes: () => servingOf(config.home.names, keeper?.held() ?? []),
    ...(config.listen.length > 0 && { waiting: () => router?.counts() }),
    degraded: () => degraded().length,
    connected: {
      redis: () => keeper !== undefined && !conditions.has('redis'),
      nats: () => keeper !== undefined && !conditions.has('nats'),
    },
  })
  const events = createEvents(logger, metrics)
  const admin = new AdminListener(metrics, {
    stuck: () => sentence(keeper?.stuck(), 'does not end'),
    missing: () => sentence(keeper?.missing(), 'is not open yet'),
  })
  let adminUrl: string | undefined
  let certificates: readonly CertificateDate[] = []
  let holder: HomeHolder | undefined
  let hub: StreamHub | undefined
  let cluster: Listener | undefined
  let keeper: HomeKeeper<HeldHomeOfProcess> | undefined
  let router: Router | undefined
  let reload = (_changed: ClusterConfig): void => {}

  const heldHomes = (): readonly HeldHomeOfProcess[] =>
    (keeper?.held() ?? []).flatMap(({ home }) => keeper?.get(home) ?? [])
  const degraded = (): readonly string[] => [...conditions.list(), ...silences(heldHomes())]

  async function start(): Promise<void> {
    checkPlainListeners(config, logger)
    certificates = certificateDates(config)
    checkClusterListener(config, logger)
    if (config.admin !== undefined) {
      const { address, port } = parseEndpoint(config.admin)
      open.use(admin)
      adminUrl = await admin.open(address, port)
    }
    const tracing = given.tracing ?? open.use(await openTracing(config, 'home', logger))
    const told = tracing ? tracedEvents(events, tracing) : events
    const tracer = tracing?.tracer
    const parts = open.use(await openClusterParts(config, { ...given, ids, logger, conditions, events, tracer }))
    const { clock, keys, leases } = parts
    reload = (changed) => parts.reloadKeys(changed)
    const federationEvents = createFederationEvents(logger, metrics, conditions, events)
    const federation = open.use(openFederation(config, parts, { ids, events: federationEvents }))
    const natsEvents = createNatsEvents(logger, metrics, conditions)
    const untraced =
      given.bus ?? open.use(await StatusBusNats.connect(natsSettings(config), { clock, ids, events: natsEvents }))
    const bus = tracer ? tracedStatusBus(untraced, tracer, 'nats') : untraced
    const streams = new StreamHub({ clock, ids })
    hub = streams
    const status = () => ({
      id: holder?.id,
      homes: keeper?.held().map((held) => {
        const home = keeper?.get(held.home)
        return { ...held, ...(home && statusOf(home)) }
      }),
      degraded: degraded(),
    })
    cluster = open.use(
      await openClusterListener(config, {
        clock,
        events,
        handler: createClusterEndpoint({
          held: (home) => keeper?.get(home),
          keys,
          clock,
          domains: servedDomains(config, undefined),
          streams,
          ...(federation?.isEgress && { foreign: federation.service }),
          ...(federation && { isForeign: federation.policy.isKnown }),
          status,
          handBack: async (home, epoch) => (await keeper?.handBack(home, epoch)) ?? 'not-held',
          events: createEndpointEvents(logger, metrics, told),
          tracer,
        }),
      }),
    )
    const { clientUrl } = config.home
    const clusterUrl = config.cluster.advertise ?? cluster.url
    holder = { id: randomUUID(), clusterUrl, ...(clientUrl !== undefined && { clientUrl }) }
    const openHeld = heldHomeOpener(config, parts, {
      bus,
      streams,
      ids,
      events,
      held: (home) => keeper?.get(home),
      holds: (home, epoch) => keeper?.holds(home, epoch) ?? false,
      federation,
      tracer,
    })
    const { names, standbyFor } = config.home
    keeper = open.use(
      new HomeKeeper<HeldHomeOfProcess>({
        leases,
        holder,
        own: names,
        standbyFor: standbyFor === 'all' ? () => leases.homes() : standbyFor,
        open: openHeld,
        askBack: async (lease) => {
          const answer = await parts.client.call(lease, 'handBack', { epoch: lease.epoch })
          return parseHandBackAnswer(answer).answer
        },
        clock,
        events: createHomeKeeperEvents(logger, metrics, conditions),
      }),
    )
    if (config.listen.length > 0) {
      const signIn = given.credentials
        ? { credentials: given.credentials }
        : open.use(await openEdgeCredentials(config, { parts, ids, logger, conditions }))
      const client = new LocalHomes({ held: (home) => keeper?.get(home), streams, client: parts.client })
      const service = routerOver({ ...parts, client }, config, { logger, metrics, selfId: holder.id, federation })
      router = service
      const edge = { ...edgeOver(parts, config, service, federation), ...signIn, tracing, ids, events: told }
      for (const listener of await openClientListeners(config, edge)) listeners.push(open.use(listener))
    }
    await keeper.start()
    admin.ready = true
    const homes = keeper.held().map(({ home }) => home)
    logger.info({ event: 'home.ready', clusterUrl, homes, urls: listeners.map(({ url }) => url) })
  }

  return {
    get urls() {
      return listeners.map(({ url }) => url)
    },
    get adminUrl() {
      return adminUrl
    },
    get clusterUrl() {
      return holder?.clusterUrl
    },
    start,
    reload: (changed) => reload(changed),
    leave() {
      admin.leave()
      for (const listener of listeners) listener.leave()
      return listeners.length > 0
    },
    async drain(deadline) {
      admin.ready = false
      logger.info({ event: 'home.stopping' })
      // The homes first, while whoever asks for them can still be told to look again.
      await keeper?.drain(AbortSignal.any([deadline, AbortSignal.timeout(handOverMs)]))
      // NOTE: routers hear of it a moment later. What they send until then must be refused: on a connection that closes it
      // would be lost, and nobody may send a message again of which nobody knows whether it arrived.
      if (cluster) await setTimeout(refusingMs, undefined, { signal: deadline }).catch(() => undefined)
      hub?.drain()
      await Promise.all([cluster, ...listeners].map((listener) => listener?.drain(deadline)))
    },
    async [Symbol.asyncDispose]() {
      await open.disposeAsync()
      if (holder) logger.info({ event: 'home.stopped' })
      await flushed(logger)
    },
  }
}

function sentence(homes: readonly HomeName[] | undefined, what: string): string | undefined {
  return homes && homes.length > 0 ? `${homes.join(', ')} ${what}` : undefined
}
