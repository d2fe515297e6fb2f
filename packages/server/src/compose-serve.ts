import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { NodeStoreLmdb } from '@parley/adapter-lmdb'
import { createAuthenticator, LockoutGuard } from '@parley/auth'
import {
  type Clock,
  type CredentialSource,
  type Directory,
  defaultDomainLimits,
  type Epoch,
  type Ids,
  type NodeStore,
  StatusBusMemory,
  systemClock,
  systemIds,
} from '@parley/domain'
import { type CreateRule, type OpenHome, openHome } from '@parley/home'
import {
  type Accounts,
  Addressing,
  createEdge,
  createInboxes,
  type HttpHandler,
  type Listener,
  openListener,
  StreamHub,
} from '@parley/http'
import { userUrl } from '@parley/protocol'
import { AdminListener } from './admin-listener.ts'
import { parseEndpoint, type ServeConfig } from './config.ts'
import { createEvents } from './events.ts'
import { ConfigError } from './load-config.ts'
import { createLogger, type Logger } from './logger.ts'
import { Metrics } from './metrics.ts'
import { assertPlainHttpAllowed } from './plain-http.ts'
import type { ServerNode } from './run-until.ts'
import { openUsers } from './users-of-domains.ts'

/** What a test may replace. */
export interface ServeDeps {
  readonly clock: Clock
  readonly ids: Ids
  readonly logger: Logger
  readonly store: NodeStore & { takeEpoch?(): Promise<Epoch> }
  readonly users: CredentialSource & Directory
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
  const metrics = new Metrics(() => home?.counts())
  const events = createEvents(logger, metrics)
  const admin = new AdminListener(metrics)
  const hub = new StreamHub({ clock, ids })
  let adminUrl: string | undefined

  async function start(): Promise<void> {
    for (const { at, tls } of config.listen) if (!tls) assertPlainHttpAllowed(at, config, logger)
    if (config.admin !== undefined) {
      const { address, port } = parseEndpoint(config.admin)
      open.use(admin)
      adminUrl = await admin.open(address, port)
    }
    const store = given.store ?? open.use(await NodeStoreLmdb.open({ path: config.data }))
    const users = given.users ?? open.use(await openUsers(config, logger))
    home = open.use(
      await openHome({
        store,
        epoch: (await store.takeEpoch?.()) ?? 1,
        directory: users,
        bus: new StatusBusMemory(),
        inboxes: createInboxes({ clock, hub }),
        clock,
        ids,
        limits: { ...defaultDomainLimits, ...domainLimits(config) },
        events,
        callBackPolicy: {
          networks: config.callBacks.networks,
          insecureLoopback: config.callBacks.insecureLoopback,
          ...(config.callBacks.names && { lookup: resolveName }),
        },
        createRules: createRules(config),
      }),
    )
    const authenticator = createAuthenticator({
      credentials: users,
      clock,
      ids,
      guard: new LockoutGuard(clock),
      schemes: config.auth,
      allowNtlmv1: config.auth.insecureNtlmv1,
      nonceKey: crypto.getRandomValues(new Uint8Array(32)),
    })
    const accounts: Accounts = (principal) => users.user(principal)
    for (const listen of config.listen) {
      const addressing = new Addressing(servedDomains(config, listen.domains))
      const handler = createEdge({
        addressing,
        authenticator,
        accounts,
        service: home,
        streams: hub,
        clock,
        ids,
        events,
      })
      listeners.push(open.use(await openClientListener(config, listen, handler, clock, events)))
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
    async drain(deadline) {
      admin.ready = false
      logger.info({ event: 'server.stopping' })
      hub.drain()
      await Promise.all(listeners.map((listener) => listener.drain(deadline)))
    },
    async [Symbol.asyncDispose]() {
      await open.disposeAsync()
      if (home) logger.info({ event: 'server.stopped' })
      await new Promise<void>((resolve) => logger.flush(() => resolve()))
    },
  }
}

async function openClientListener(
  config: ServeConfig,
  listen: ServeConfig['listen'][number],
  handler: HttpHandler,
  clock: Clock,
  events: ReturnType<typeof createEvents>,
): Promise<Listener> {
  const { connections, connectionsPerAddress } = config.limits
  const { tls } = listen
  try {
    return await openListener({
      ...parseEndpoint(listen.at),
      ...(tls && { tls: { cert: readPem(tls.cert), key: readPem(tls.key) } }),
      limits: { connections, connectionsPerAddress, connectionsFromLoopback: connections },
      clock,
      events,
      handler,
    })
  } catch (err) {
    if (err instanceof ConfigError) throw err
    const reason = err instanceof Error ? err.message : 'unknown'
    throw new ConfigError(
      `cannot listen on ${listen.at}: ${reason}. Is another program there? Choose a free port with --listen.`,
      { cause: err },
    )
  }
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (err) {
    throw new ConfigError(`cannot read ${resolvePath(path)}, which the TLS settings name`, { cause: err })
  }
}

function servedDomains(
  config: ServeConfig,
  names: readonly string[] | undefined,
): [{ domain: string; aliases: string[] }, ...{ domain: string; aliases: string[] }[]] {
  const all = config.domains.map(({ name, aliases }) => ({ domain: name, aliases }))
  const chosen = names === undefined ? all : names.flatMap((name) => all.filter(({ domain }) => domain === name))
  const [first, ...rest] = chosen
  if (!first || chosen.length < (names?.length ?? 1)) {
    throw new ConfigError(`listen.domains names a domain that "domains" does not have: ${names?.join(', ')}`)
  }
  return [first, ...rest]
}

function domainLimits({ limits }: ServeConfig): Partial<typeof defaultDomainLimits> {
  const { maxSubscriptionSeconds, maxViewSeconds, maxDevicesPerUser, maxWatchesPerWatcher, deadDeviceGraceSeconds } =
    limits
  return {
    maxSubscriptionSeconds,
    maxViewSeconds,
    maxDevicesPerUser,
    maxWatchesPerWatcher,
    deadDeviceGraceMs: deadDeviceGraceSeconds * 1000,
  }
}

function createRules(config: ServeConfig): readonly CreateRule[] {
  return config.create.map(({ under, kind, by }) => ({
    under,
    kind,
    by: by === 'everybody' ? by : by.flatMap((alias) => config.domains.map(({ name }) => userUrl(name, alias))),
  }))
}

async function resolveName(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address)
}
