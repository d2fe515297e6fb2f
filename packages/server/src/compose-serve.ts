import { NodeStoreLmdb } from '@parley/adapter-lmdb'
import {
  type Clock,
  type CredentialSource,
  type Directory,
  type DirectoryUser,
  type Epoch,
  type Ids,
  type NodeStore,
  StatusBusMemory,
  systemClock,
  systemIds,
  tracedInboxes,
  tracedNodeStore,
} from '@parley/domain'
import { type OpenHome, openHome } from '@parley/home'
import { createInboxes, createPeopleApp, type Listener, StreamHub } from '@parley/http'
import type { LogicalUrl } from '@parley/protocol'
import { AdminListener } from './admin-listener.ts'
import { type CertificateDate, certificateDates } from './certificate-dates.ts'
import { checkPlainListeners, openClientListeners } from './client-listeners.ts'
import type { ServeConfig } from './config.ts'
import { parseEndpoint } from './endpoint.ts'
import { createEvents } from './events.ts'
import { homeSettings } from './home-settings.ts'
import { createLogger, flushed, type Logger } from './logger.ts'
import { Metrics } from './metrics.ts'
import { peopleOfUsers } from './people-of-users.ts'
import type { ServerNode } from './run-until.ts'
import { openTracing, type Tracing, tracedEvents } from './tracing.ts'
import { openUsers } from './users-of-domains.ts'

/** What a test may replace. */
export interface ServeDeps {
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly store: NodeStore & { takeEpoch?(): Promise<Epoch> }
  readonly users: CredentialSource & Directory & { users(): readonly DirectoryUser[] }
  readonly tracing: Tracing
}

/** One office in one process: edge, home and embedded stores (design.md, "Roles of the one command"). */
export interface ServeNode extends ServerNode {
  /** Where clients connect, one URL a listener; known once started. */
  readonly urls: readonly string[]
  readonly adminUrl: string | undefined
}

/** Wires `parley serve` by hand; nothing is opened before `start()`. */
export function composeServe(config: ServeConfig, given: Partial<ServeDeps> = {}): ServeNode {
  const clock = given.clock ?? systemClock
  const ids = given.ids ?? systemIds
  const logger = given.logger ?? createLogger(config.log.level)
  const open = new AsyncDisposableStack()
  const listeners: Listener[] = []
  let home: OpenHome | undefined
  const metrics = new Metrics({
    role: 'serve',
    certificates: () => certificates,
    isReady: () => admin.ready,
    loads: () => listeners.map(({ load }) => load),
    counts: () => home?.counts(),
  })
  const events = createEvents(logger, metrics)
  const admin = new AdminListener(metrics)
  const hub = new StreamHub({ clock, ids })
  let adminUrl: string | undefined
  let certificates: readonly CertificateDate[] = []

  async function start(): Promise<void> {
    checkPlainListeners(config, logger)
    certificates = certificateDates(config)
    if (config.admin !== undefined) {
      const { address, port } = parseEndpoint(config.admin)
      open.use(admin)
      adminUrl = await admin.open(address, port)
    }
    const store = given.store ?? open.use(await NodeStoreLmdb.open({ path: config.data }))
    const users = given.users ?? open.use(await openUsers(config, logger))
    const tracing = given.tracing ?? open.use(await openTracing(config, 'serve', logger))
    const tracer = tracing?.tracer
    const inboxes = createInboxes({ clock, hub })
    home = open.use(
      await openHome({
        store: tracer ? tracedNodeStore(store, tracer, 'lmdb') : store,
        epoch: (await store.takeEpoch?.()) ?? 1,
        directory: users,
        bus: new StatusBusMemory(),
        inboxes: tracer ? tracedInboxes(inboxes, tracer) : inboxes,
        clock,
        ids,
        ...homeSettings(config),
        events,
      }),
    )
    const parts = {
      credentials: users,
      accounts: (node: LogicalUrl) => users.user(node),
      service: home,
      streams: hub,
      app: createPeopleApp({
        people: peopleOfUsers(users),
        policy: config.search,
        perMinute: config.search.perMinute,
        clock,
      }),
    }
    const told = tracing ? tracedEvents(events, tracing) : events
    for (const listener of await openClientListeners(config, { ...parts, tracing, clock, ids, events: told })) {
      listeners.push(open.use(listener))
    }
    admin.ready = true
    logger.info({ event: 'server.ready', urls: listeners.map(({ url }) => url), ...home.counts() })
  }

  return {
    get urls() {
      return listeners.map(({ url }) => url)
    },
    get adminUrl() {
      return adminUrl
    },
    start,
    leave() {
      admin.leave()
      for (const listener of listeners) listener.leave()
      return listeners.length > 0
    },
    async drain(deadline) {
      admin.ready = false
      logger.info({ event: 'server.stopping' })
      hub.drain()
      await Promise.all(listeners.map((listener) => listener.drain(deadline)))
    },
    async [Symbol.asyncDispose]() {
      await open.disposeAsync()
      if (home) logger.info({ event: 'server.stopped' })
      await flushed(logger)
    },
  }
}
