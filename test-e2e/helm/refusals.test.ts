import { describe, expect, it } from 'vitest'
import { exampleValues, mergeValues, RefusedError, render, type Values } from './chart.ts'

const fine = exampleValues('trial.yaml')

/** What is wrong, values that are fine but for it, and what the chart says to change. values.test.ts has the commonest of them. */
const cases: readonly (readonly [wrong: string, change: Values, told: string])[] = [
  ['two users files', { config: { users: '/users.yaml' } }, 'set users.existingSecret, or config.users'],
  [
    'a directory without a password',
    { config: { directory: { preset: 'openldap', servers: ['ldaps://a'], base: 'dc=a', bind: { dn: 'cn=a' } } } },
    'set directory.existingSecret',
  ],
  ['secrets of no directory', { directory: { existingSecret: 'a' } }, 'config.directory, which is not there'],
  ['two NATSes', { config: { nats: { servers: ['nats://a'] } } }, 'NATS is named more than once'],
  [
    'a password in an address',
    { nats: { trial: { enabled: false } }, config: { nats: { servers: ['nats://a:b@c:4222'] } } },
    'set redis.existingSecret and nats.existingSecret',
  ],
  [
    'a leaf node without a password',
    { nats: { trial: { enabled: false }, leaf: { enabled: true, remotes: ['tls://a:7422'], user: 'b' } } },
    'nats.leaf.existingSecret is empty',
  ],
  ['two kinds of credentials', { nats: { tokenKey: 'a', nkeyKey: 'b' } }, 'choose one of nats.tokenKey'],
  ['two cluster keys', { cluster: { keys: { existingSecret: 'a' } } }, 'cluster.keys.generate: choose one'],
  ['a certificate without TLS', { cluster: { tls: { existingSecret: 'a' } } }, 'set cluster.tls.enabled=true'],
  [
    'a certificate from nobody',
    { clients: { tls: { enabled: true, certManager: { enabled: true } } } },
    'clients.tls.certManager.issuerRef is empty',
  ],
  ['no way for clients', { clients: { http: { enabled: false } } }, 'set clients.http.enabled or clients.tls.enabled'],
  [
    'an Ingress that is kept out',
    { ingress: { enabled: true }, config: { trustedProxies: ['10.9.0.0/24'] } },
    'set networkPolicy.web.from',
  ],
  [
    'other domains without federation',
    { config: { federation: { domains: [{ domain: 'im.partner.example' }] } } },
    'set federation.enabled=true',
  ],
  [
    'a domain of which nobody is believed',
    {
      federation: { enabled: true, existingSecret: 'a' },
      config: { federation: { domains: [{ domain: 'im.partner.example' }] } },
    },
    'nobody is believed about im.partner.example',
  ],
  [
    'fewer routers at most than at least',
    { routers: { autoscaling: { enabled: true, minReplicas: 3, maxReplicas: 2 } } },
    'minReplicas is above maxReplicas',
  ],
  [
    'scaling by nothing',
    { routers: { autoscaling: { enabled: true, cpuPercent: 0 } } },
    'set cpuPercent or requestsInFlight',
  ],
  ['one address for all homes', { homes: { advertise: 'http://a:8180' } }, 'put $(POD_NAME) or $(POD_INDEX) into it'],
  [
    'an address of another scheme',
    { homes: { advertise: 'https://$(POD_NAME).example.com:8180' } },
    'homes.advertise must begin with http://',
  ],
  ['addresses of which nobody is told', { homes: { podServices: { enabled: true } } }, 'set homes.advertise'],
  [
    'homes that others reach without TLS',
    { homes: { advertise: 'http://$(POD_NAME).example.com:8180', podServices: { enabled: true } } },
    'homes.podServices lets other networks reach homes: set cluster.tls.enabled',
  ],
  [
    'homes that everybody reaches',
    { homes: { advertise: 'http://$(POD_NAME).example.com:8180', podServices: { enabled: true } } },
    'homes.podServices.loadBalancerSourceRanges is empty',
  ],
  [
    'a network that is an exception as a whole',
    { clients: { networks: ['10.1.0.0/16'], except: ['10.0.0.0/8'] } },
    'clients.networks has 10.1.0.0/16, all of which is in clients.except (10.0.0.0/8)',
  ],
  [
    'an exception that a NetworkPolicy would not have',
    { clients: { networks: ['fd00::/8'], except: ['fd00:10:244::/56'] } },
    'clients.except has fd00:10:244::/56, but of networks of IPv6 only ::/0',
  ],
  ['Basic without TLS', { tests: { scheme: 'basic' } }, 'which only https takes'],
]

async function refusalOf(values: Values): Promise<string> {
  return await render(values).then(
    () => 'taken',
    (error: unknown) => {
      if (error instanceof RefusedError) return error.message
      throw error
    },
  )
}

describe('values that contradict each other', () => {
  it.each(cases)('are refused, with what to change: %s', async (_, change, told) => {
    expect(await refusalOf(mergeValues(fine, change))).toContain(told)
  })
})
