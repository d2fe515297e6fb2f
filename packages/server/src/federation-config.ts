import { isIP } from 'node:net'
import { defaultFederationLimits } from '@parley/http'
import { isAuthority } from '@parley/protocol'
import { z } from 'zod'
import { endpoint, positive, tlsConfig } from './config-sections.ts'

const hostName = z
  .string()
  .refine((text) => isAuthority(text) && !text.includes(':'), 'must be a host name, e.g. im.partner.example')
  .transform((text) => text.toLowerCase())

/** The name in a certificate, or a wildcard in one. */
const certificateName = z
  .string()
  .regex(/^(?:\*\.)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/, 'must be a DNS name as it stands in a certificate')
  .transform((text) => text.toLowerCase())

const dnsServer = z
  .string()
  .refine(
    (text) => isIP(text.replace(/^\[(.*)\](?::[0-9]+)?$|^([0-9.]+):[0-9]+$/, '$1$2')) !== 0,
    'must be an IP address, e.g. 192.0.2.53 or 192.0.2.53:5353',
  )

const limits = z.strictObject({
  requestsPerSecond: positive
    .default(defaultFederationLimits.requestsPerSecond)
    .describe('Requests a second, in each direction and process; beyond it 429.'),
  concurrent: positive
    .default(defaultFederationLimits.concurrent)
    .describe('Requests under way at one time, in each direction and process; beyond it 429.'),
  connections: positive
    .default(defaultFederationLimits.connections)
    .describe('Connections from one of our processes to the domain.'),
})

const domain = z.strictObject({
  domain: hostName.describe('Host of the logical URLs of its users.'),
  direction: z
    .enum(['both', 'inbound', 'outbound'])
    .default('both')
    .describe('Whose requests are let through: inbound is its users to ours, outbound ours to its.'),
  server: endpoint
    .refine((text) => !text.startsWith('*'), 'must be HOST:PORT, e.g. im.partner.example:443')
    .optional()
    .describe('HOST:PORT of its server, instead of what the DNS says.'),
  tls: z
    .strictObject({
      ca: z
        .string()
        .optional()
        .describe(
          'PEM file with the authorities that themselves sign its certificates. Absent: the system’s for its servers, ' +
            '`listen.tls.clientCa` for its requests.',
        ),
      serverNames: z
        .array(certificateName)
        .default([])
        .describe('Names that its certificates may carry instead of the domain, e.g. of who hosts it.'),
    })
    .prefault({})
    .describe('What proves the domain.'),
  limits: limits.prefault({}).describe('What it may cost.'),
  allowPrivate: z
    .boolean()
    .default(false)
    .describe('Allow that the DNS puts its servers on loopback or private networks, e.g. in one company.'),
})

/** Other IM domains that a cluster talks to (docs/federation.md). */
export const federationSection = z
  .strictObject({
    domains: z
      .array(domain)
      .default([])
      .refine(areDistinct, 'names a domain twice')
      .describe('The domains; whoever is not named is refused.'),
    listen: z
      .strictObject({
        at: endpoint.describe('ADDRESS:PORT.'),
        tls: tlsConfig
          .extend({
            clientCa: z
              .string()
              .optional()
              .describe(
                'PEM file with the authorities that themselves sign the certificates of domains without a `tls.ca` of their own.',
              ),
          })
          .describe('Our certificate for the IM domains, and whom we believe about theirs.'),
      })
      .optional()
      .describe('Where routers take requests of other domains; absent: none come in.'),
    client: tlsConfig.optional().describe('Our certificate for other domains’ servers, which names our IM domains.'),
    egress: z
      .array(z.string().regex(/^https?:\/\/[^/\s]+$/, 'must be http://HOST:PORT or https://HOST:PORT, without a path'))
      .default([])
      .describe(
        'cluster.advertise of the routers that have a way to other domains; the others send through them. ' +
          'Absent: each process sends itself.',
      ),
    dnsServers: z.array(dnsServer).default([]).describe('DNS servers to ask; the system’s when absent.'),
  })
  .check(({ value, issues }) => {
    for (const [index, { domain, direction, tls }] of value.domains.entries()) {
      if (!value.listen || direction === 'outbound' || tls.ca !== undefined || value.listen.tls.clientCa !== undefined)
        continue
      issues.push({
        code: 'custom',
        message: `nobody is believed about ${domain}: name tls.ca here, or listen.tls.clientCa`,
        path: ['domains', index, 'tls'],
        input: tls,
      })
    }
  })

export type FederationConfig = z.output<typeof federationSection>

function areDistinct(domains: readonly { domain: string }[]): boolean {
  return new Set(domains.map(({ domain }) => domain)).size === domains.length
}
