import { readFileSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { type AuthenticatorOptions, createAuthenticator, LockoutGuard, type NonceKeys } from '@parley/auth'
import { addressTest, type Clock, type CredentialSource, type Ids } from '@parley/domain'
import {
  type Accounts,
  Addressing,
  behindTrustedProxies,
  connectionsAllowedFrom,
  createEdge,
  type EdgeApp,
  type EdgeDocuments,
  type EdgeEvents,
  type HttpHandler,
  type Listener,
  type ListenerEvents,
  openListener,
  type RvpService,
  type SignInOptions,
  type StreamEndpoint,
  tracedEdge,
} from '@parley/http'
import type { SharedConfig } from './config-sections.ts'
import { parseEndpoint } from './endpoint.ts'
import { ConfigError } from './load-config.ts'
import type { Logger } from './logger.ts'
import { pacPaths, pacScript, pacType } from './pac-script.ts'
import { assertPlainHttpAllowed } from './plain-http.ts'
import type { Tracing } from './tracing.ts'

/** What stands behind the listeners of clients. */
export interface EdgeParts {
  readonly credentials: CredentialSource
  /** The schemes that can be; those that are configured when absent. */
  readonly schemes?: AuthenticatorOptions['schemes']
  readonly accounts: Accounts
  /** The URL that a node has now that had another one until lately (SignInOptions); nodes keep their URLs when absent. */
  readonly renamed?: SignInOptions['renamed']
  readonly service: RvpService
  readonly streams: StreamEndpoint
  /** What is not RVP. */
  readonly app: EdgeApp
  readonly clock: Clock
  readonly ids: Ids
  readonly events: EdgeEvents & ListenerEvents
  /** What Digest nonces are known by; the process's own when absent. */
  readonly nonceKeys?: NonceKeys
  /** Absent: requests are not traced. */
  readonly tracing?: Tracing | undefined
  /** Whether a host is another IM domain (Addressing); none is when absent. */
  readonly isForeign?: (domain: string) => boolean
}

/** Refuses, or warns of, plain HTTP where it is not safe; before anything is opened. Throws ConfigError. */
export function checkPlainListeners(config: SharedConfig, logger: Logger): void {
  for (const { at, tls } of config.listen) if (!tls) assertPlainHttpAllowed(at, config, logger)
}

/** Opens every listener of the configuration, each with an edge for its IM domains. Throws ConfigError. */
export async function openClientListeners(config: SharedConfig, parts: EdgeParts): Promise<readonly Listener[]> {
  const { credentials, clock, ids, events, nonceKeys = ownNonceKeys() } = parts
  const authenticator = createAuthenticator({
    credentials,
    clock,
    ids,
    guard: new LockoutGuard(clock),
    schemes: schemesOf(config, parts),
    allowNtlmv1: config.auth.insecureNtlmv1,
    nonceKeys,
  })
  const documents = documentsOf(config)
  const isProxy = config.trustedProxies.length > 0 ? addressTest(config.trustedProxies) : undefined
  const maxAtOnce = (address: string): number => connectionsAllowedFrom(address, listenerLimits(config))
  await using open = new AsyncDisposableStack()
  const listeners: Listener[] = []
  for (const listen of config.listen) {
    const addressing = new Addressing(servedDomains(config, listen.domains), parts.isForeign)
    const untraced = createEdge({ ...parts, addressing, authenticator, documents })
    const edge = parts.tracing ? tracedEdge(untraced, parts.tracing) : untraced
    const handler = isProxy ? behindTrustedProxies(edge, { isTrusted: isProxy, maxAtOnce, events }) : edge
    listeners.push(open.use(await openClientListener(config, listen, { handler, isProxy, clock, events })))
  }
  open.move()
  return listeners
}

/** What everybody may read at every listener. */
function documentsOf({ domains, pac }: SharedConfig): EdgeDocuments {
  if (!pac) return new Map()
  const document = { contentType: pacType, body: pacScript({ domains, ...pac }) }
  return new Map(pacPaths.map((path) => [path, document]))
}

function ownNonceKeys(): NonceKeys {
  const key = crypto.getRandomValues(new Uint8Array(32))
  return () => [key]
}

async function openClientListener(
  config: SharedConfig,
  listen: SharedConfig['listen'][number],
  {
    isProxy,
    ...given
  }: {
    handler: HttpHandler
    isProxy: ((address: string) => boolean) | undefined
    clock: Clock
    events: ListenerEvents
  },
): Promise<Listener> {
  const { tls } = listen
  try {
    return await openListener({
      ...parseEndpoint(listen.at),
      ...(tls && { tls: { cert: readPem(tls.cert), key: readPem(tls.key) } }),
      limits: listenerLimits(config),
      ...(isProxy && { isProxy }),
      ...given,
    })
  } catch (err) {
    if (err instanceof ConfigError) throw err
    const reason = err instanceof Error ? err.message : 'unknown'
    const { code } = err as NodeJS.ErrnoException
    const cure =
      code === 'EACCES'
        ? 'Ports below 1024 need CAP_NET_BIND_SERVICE, which the unit for systemd gives; or choose another with --listen.'
        : 'Is another program there? Choose a free port with --listen.'
    throw new ConfigError(`cannot listen on ${listen.at}: ${reason}. ${cure}`, { cause: err })
  }
}

function listenerLimits({ limits: { connections, connectionsPerAddress } }: SharedConfig) {
  return { connections, connectionsPerAddress, connectionsFromLoopback: connections }
}

/** The schemes that are on. Throws ConfigError when clients behind a proxy could sign in with none of them. */
function schemesOf(config: SharedConfig, parts: EdgeParts): AuthenticatorOptions['schemes'] {
  const schemes = parts.schemes ?? config.auth
  if (config.trustedProxies.length > 0 && !schemes.digest && !schemes.basic) {
    throw new ConfigError('"trustedProxies" needs "auth.digest" or "auth.basic": nothing else is taken through a proxy')
  }
  return schemes
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (err) {
    throw new ConfigError(`cannot read ${resolvePath(path)}, which the TLS settings name`, { cause: err })
  }
}

/** The IM domains of a listener, or of the whole installation. Throws ConfigError. */
export function servedDomains(
  config: SharedConfig,
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
