import { redisConfig } from '@parley/adapter-redis'
import { parseHomeName } from '@parley/domain'
import { z } from 'zod'
import { assignmentSection } from './assignment-config.ts'
import { commonSections, endpoint, networkRange, positive, sections } from './config-sections.ts'
import { credentialsSection } from './credentials-config.ts'
import { directorySection } from './directory-config.ts'
import { federationSection } from './federation-config.ts'
import { searchSection } from './search-config.ts'

/** The name of a home. */
const homeName = z.string().transform((text, context) => {
  try {
    return parseHomeName(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'must be the name of a home: a-z, 0-9 and hyphens, at most 32' })
    return z.NEVER
  }
})

const nodeUrl = z
  .string()
  .regex(/^https?:\/\/[^/\s]+$/, 'must be http://HOST:PORT or https://HOST:PORT, without a path')

const materialFiles = z.strictObject({
  ca: z.string().optional().describe('PEM file with the authorities that are trusted; the system’s when absent.'),
  cert: z.string().optional().describe('PEM file with our certificate, where the other side asks for one.'),
  key: z.string().optional().describe('PEM file with its key.'),
})

const redisSection = redisConfig.extend({
  passwordFile: z.string().optional().describe('File with the password.'),
  sentinelPasswordFile: z.string().optional().describe('File with the password of the Sentinels.'),
  tls: materialFiles.optional().describe('Certificates for rediss:// and for TLS to Sentinels or a Cluster.'),
})

const natsSection = z.strictObject({
  servers: z.array(z.string()).min(1).describe('nats://HOST:PORT or tls://HOST:PORT of the servers.'),
  user: z.string().optional().describe('NATS user.'),
  passwordFile: z.string().optional().describe('File with its password.'),
  tokenFile: z.string().optional().describe('File with a token, instead of user and password.'),
  nkeyFile: z.string().optional().describe('File with the seed of an nkey, instead of user and password.'),
  credsFile: z.string().optional().describe('Credentials file of a NATS account, instead of user and password.'),
  tls: materialFiles.optional().describe('Certificates, when the servers want TLS.'),
  prefix: z.string().default('parley').describe('First words of all subjects; one for each cluster that shares NATS.'),
})

const clusterSection = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        id: z
          .string()
          .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be a short name')
          .describe('Names the key on the wire.'),
        file: z.string().describe('File with the secret: 32 characters or more, e.g. of `openssl rand -hex 32`.'),
      }),
    )
    .min(1, 'needs a key: openssl rand -hex 32 > cluster.key')
    .describe('Keys that sign what nodes send each other: the first signs, all verify. Read again on SIGHUP.'),
  listen: endpoint.default('127.0.0.1:8180').describe('ADDRESS:PORT for the other nodes of the cluster (homes).'),
  advertise: nodeUrl.optional().describe('URL under which the others reach it; made from `listen` when absent.'),
  tls: z
    .strictObject({
      cert: z.string().describe('PEM file with this node’s certificate and its chain.'),
      key: z.string().describe('PEM file with its key.'),
      ca: z.string().describe('PEM file with the authority that all nodes’ certificates are from.'),
    })
    .optional()
    .describe('Mutual TLS between nodes; plain HTTP when absent.'),
})

const homeSection = z.strictObject({
  names: z
    .array(homeName)
    .default([])
    .refine((names) => new Set(names).size === names.length, 'names a home twice')
    .describe('Homes that this process holds when nobody else does; each home is in the list of one process only.'),
  standbyFor: z
    .union([z.literal('all'), z.array(homeName)])
    .default('all')
    .describe('Homes of other processes that this one takes over when their holder is gone; all when absent.'),
  clientUrl: nodeUrl.optional().describe('Where clients reach this process, if routers may redirect them here.'),
})

const routerSection = z.strictObject({
  redirectNetworks: z
    .array(networkRange)
    .default([])
    .describe('Networks whose clients are sent to their home server with 302 (RVP §4.1.2), rather than served here.'),
  waitSeconds: positive
    .max(60)
    .default(10)
    .describe('How long a request may wait for a home that is being taken over; then 503.'),
  waitingRequests: positive.default(10_000).describe('Requests that may wait so at one time.'),
  cachedNodes: positive.default(200_000).describe('Entries of the directory map that are kept in memory.'),
})

const syncSection = z.strictObject({
  homes: z
    .array(homeName)
    .optional()
    .describe(
      'Homes that new users are given, the one with the fewest users first; every home that was ever held when absent.',
    ),
  mostRemoved: z
    .number()
    .min(0)
    .max(1)
    .default(0.2)
    .describe('Largest share of the users that one run may remove; more looks like a mistake.'),
  assignment: assignmentSection.prefault({}).describe('Which home a user is given.'),
  renameDays: z.coerce
    .number()
    .min(0)
    .max(3650)
    .default(90)
    .describe('How long the old URL of a renamed user is answered with 302, and given to nobody else.'),
})

/** Everything that `parley router` and `parley home` can be told: one file for a whole cluster. */
export const clusterConfig = z.strictObject({
  domains: sections.domains,
  listen: sections.listen
    .removeDefault()
    .default([])
    .describe(
      'Where clients connect. A home that reads this takes clients itself: rather give --listen to each router.',
    ),
  users: z
    .string()
    .optional()
    .describe('YAML file with users and their verifiers, where clients sign in at this process.'),
  redis: redisSection.describe('The directory map, the node store and the leases of homes.'),
  nats: natsSection.describe('The status bus.'),
  cluster: clusterSection.describe('How nodes reach and trust each other.'),
  home: homeSection.prefault({}).describe('For `parley home`.'),
  directory: directorySection.optional().describe('LDAP: the users come from here rather than from the users file.'),
  credentials: credentialsSection
    .prefault({})
    .describe('Who checks the passwords and tickets of users from the directory.'),
  search: searchSection.prefault({}).describe('Search for people.'),
  sync: syncSection.prefault({}).describe('For `parley sync`, which brings users into the directory map.'),
  router: routerSection.prefault({}).describe('How requests find their home.'),
  federation: federationSection.optional().describe('Other IM domains; absent: there are none.'),
  ...commonSections,
})

export type ClusterConfig = z.output<typeof clusterConfig>
export type ClusterConfigInput = z.input<typeof clusterConfig>
