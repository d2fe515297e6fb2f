import { type AddressRange, defaultDomainLimits, inRanges, parseAddressRange } from '@parley/domain'
import { appRoot, defaultListenerLimits } from '@parley/http'
import { isAuthority, parseNodePath } from '@parley/protocol'
import { z } from 'zod'
import { parseEndpoint } from './endpoint.ts'
import { pacSection } from './pac-config.ts'
import { tracingSection } from './tracing-config.ts'

const hostName = z
  .string()
  .refine((text) => isAuthority(text) && !text.includes(':'), 'must be a host name, e.g. im.example.com')
  .transform((text) => text.toLowerCase())

/** An address and port to listen on: `127.0.0.1:8080`, `[::1]:8080`, `*:80`. */
export const endpoint = z
  .string()
  .regex(/^(?:\*|[0-9.]+|\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$/, 'must be ADDRESS:PORT, e.g. 127.0.0.1:8080')
  .refine((text) => !(parseEndpoint(text).port > 65_535), 'the port must not be above 65535')

/** A network such as `10.1.0.0/16`. */
export const networkRange = z.string().transform((text, context) => {
  const range = parseAddressRange(text)
  if (range) return range
  context.addIssue({ code: 'custom', message: 'must be a network such as 10.1.0.0/16' })
  return z.NEVER
})

/** Addresses of the Internet that are far apart, to see whether networks are more than somebody's own. */
const farApart = ['9.9.9.9', '77.77.77.77', '141.141.141.141', '203.0.113.1']

/** NOTE: networks of IPv6 can hold all of IPv4, as ::ffff:0:0/96 does. */
function areEverybody(networks: readonly AddressRange[]): boolean {
  return networks.some(({ prefix }) => prefix === 0) || farApart.every((address) => inRanges(address, networks))
}

/** A server certificate. */
export const tlsConfig = z.strictObject({
  cert: z.string().describe('PEM file with the certificate and its chain.'),
  key: z.string().describe('PEM file with the private key.'),
})

const listenConfig = z.strictObject({
  at: endpoint.describe('ADDRESS:PORT; port 0 takes any that is free.'),
  tls: tlsConfig.optional().describe('Absent for plain HTTP, which is all that the classic clients speak.'),
  domains: z
    .array(hostName)
    .optional()
    .describe('IM domains served here; all when absent. The first is that of requests which name none.'),
})

const createRuleConfig = z.strictObject({
  under: z
    .string()
    .regex(/^\/.*\/$/, 'must start and end with a slash')
    .refine((path) => isNodePath(`${path}x`), 'must be a node path')
    .refine((path) => !path.startsWith(appRoot), `must not be below ${appRoot}, which is Parley’s own`)
    .describe('Path below which nodes may be made, e.g. /groups/.'),
  kind: z.enum(['group', 'resource']).default('group').describe('What is made there.'),
  by: z
    .union([z.literal('everybody'), z.array(z.string().refine(isAlias, 'must be the alias of a user')).min(1)])
    .describe('Aliases of the users who may, or "everybody" who is signed in.'),
})

/** A whole number above zero. */
export const positive = z.coerce.number().int().positive()

const limitsConfig = z.strictObject({
  connections: positive.default(20_000).describe('Client connections to one listener at one time.'),
  connectionsPerAddress: positive
    .default(defaultListenerLimits.connectionsPerAddress)
    .describe('The same from one client address but loopback; raise it for an office behind one NAT.'),
  maxSubscriptionSeconds: positive
    .default(defaultDomainLimits.maxSubscriptionSeconds)
    .describe('Longest lease of a subscription (RVP §5.1.2).'),
  maxViewSeconds: positive.default(defaultDomainLimits.maxViewSeconds).describe('Longest lease of a state (RVP §5.5).'),
  maxDevicesPerUser: positive
    .default(defaultDomainLimits.maxDevicesPerUser)
    .describe('Devices of one user; one more takes the place of the oldest.'),
  maxWatchesPerWatcher: positive
    .default(defaultDomainLimits.maxWatchesPerWatcher)
    .describe('Nodes that one user may watch.'),
  deadDeviceGraceSeconds: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(defaultDomainLimits.deadDeviceGraceMs / 1000)
    .describe('How long a device that cannot be reached keeps its presence.'),
})

/** What means the same in the configuration of every role, and comes last there. */
export const commonSections = {
  admin: endpoint.optional().describe('ADDRESS:PORT of /healthz, /readyz and /metrics; absent for none.'),
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info')
        .describe('The least that is logged; requests are "info", what went wrong for a client "warn".'),
    })
    .prefault({})
    .describe('The log: JSON lines on stderr.'),
  auth: z
    .strictObject({
      digest: z.boolean().default(true).describe('Offer Digest (RFC 2617).'),
      ntlm: z.boolean().default(true).describe('Offer NTLM: NTLMv2 and NTLM2-session.'),
      basic: z.boolean().default(true).describe('Offer Basic over TLS; never without.'),
      insecureNtlmv1: z.boolean().default(false).describe('Allow LM/NTLMv1, which librvp and Net::RVP need.'),
    })
    .prefault({})
    .describe('How clients may sign in.'),
  callBacks: z
    .strictObject({
      networks: z
        .array(networkRange)
        .default([])
        .describe('Networks that a Call-Back may lie in, besides the client’s own address.'),
      names: z.boolean().default(false).describe('Allow host names in Call-Backs; they are resolved once and pinned.'),
      insecureLoopback: z.boolean().default(false).describe('Allow Call-Backs to loopback, for tests and demos.'),
    })
    .prefault({})
    .describe('Which Call-Backs clients may give.'),
  pac: pacSection
    .optional()
    .describe('Serve a proxy auto-configuration as /wpad.dat and /proxy.pac, to everybody; absent: none is.'),
  tracing: tracingSection.optional().describe('Traces of requests, with OpenTelemetry; absent: nothing is traced.'),
  trustedProxies: z
    .array(networkRange)
    .default([])
    .refine((networks) => !areEverybody(networks), 'must not be all addresses')
    .describe(
      'Networks of HTTP proxies, e.g. of an Ingress: X-Forwarded-For and X-Forwarded-Proto are believed from there, and from nowhere else. Never those of TCP load balancers.',
    ),
  create: z.array(createRuleConfig).default([]).describe('Who may make groups and application resources.'),
  insecurePlainHttp: z
    .boolean()
    .default(false)
    .describe('Allow plain HTTP on addresses that are neither loopback nor private.'),
  limits: limitsConfig.prefault({}).describe('Bounds.'),
  leaveSeconds: z.coerce
    .number()
    .nonnegative()
    .default(0)
    .describe(
      'How long a stop goes on serving clients, while /readyz says 503 and each answer ends its connection, so that balancers send no more.',
    ),
  drainSeconds: z.coerce.number().nonnegative().default(10).describe('How long a stop then waits for work in flight.'),
}

/** Settings that every role of the command understands (docs/configuration.md). */
export const sections = {
  domains: z
    .array(
      z.strictObject({
        name: hostName.describe('Host of the logical URLs of its users, e.g. im.example.com.'),
        aliases: z
          .array(hostName)
          .default([])
          .describe('Other names under which clients reach it: the target of its SRV record, an address.'),
      }),
      'is missing: the IM domain, --domain im.example.com',
    )
    .min(1)
    .refine(areDistinct, 'names a domain or alias twice: each host name belongs to one domain')
    .describe('IM domains.'),
  listen: z
    .array(listenConfig)
    .min(1)
    .default([{ at: '127.0.0.1:8080' }])
    .describe('Where requests are taken; 127.0.0.1:8080 when absent.'),
  ...commonSections,
}

/** The settings of `sections`, parsed. */
export type SharedConfig = z.output<z.ZodObject<typeof sections>>

function areDistinct(domains: readonly { name: string; aliases: readonly string[] }[]): boolean {
  const names = domains.flatMap(({ name, aliases }) => [name, ...aliases])
  return new Set(names).size === names.length
}

function isAlias(text: string): boolean {
  return !text.includes('/') && isNodePath(`/${text}`)
}

function isNodePath(path: string): boolean {
  try {
    return parseNodePath(path) === path
  } catch {
    return false
  }
}
