import { describe, expect, it } from 'vitest'
import { exampleValues, mergeValues, RefusedError, render, type Values } from './chart.ts'

const fine = exampleValues('trial.yaml')
const twoSites = [{ name: 'hq' }, { name: 'hq' }]
const webPods = { web: { from: [{ podSelector: {} }] } }

/** What is wrong, values that are fine but for it, and what the chart says to change. */
const cases: readonly (readonly [wrong: string, change: Values, told: string])[] = [
  ['nobody who could sign in', { users: { existingSecret: '' } }, 'set users.existingSecret'],
  ['two users files', { config: { users: '/users.yaml' } }, 'set users.existingSecret, or config.users'],
  [
    'a directory without a password',
    { config: { directory: { preset: 'openldap', servers: ['ldaps://a'], base: 'dc=a', bind: { dn: 'cn=a' } } } },
    'set directory.existingSecret',
  ],
  ['secrets of no directory', { directory: { existingSecret: 'a' } }, 'config.directory, which is not there'],
  ['no Redis', { redis: { trial: { enabled: false } } }, 'no Redis: set one of config.redis.url'],
  ['two Redises', { config: { redis: { url: 'redis://a' } } }, 'Redis is named more than once'],
  ['no NATS', { nats: { trial: { enabled: false } } }, 'no NATS: set config.nats.servers'],
  ['two NATSes', { config: { nats: { servers: ['nats://a'] } } }, 'NATS is named more than once'],
  [
    'a password in an address',
    { nats: { trial: { enabled: false } }, config: { nats: { servers: ['nats://a:b@c:4222'] } } },
    'set redis.existingSecret and nats.existingSecret',
  ],
  [
    'a leaf node that dials nobody',
    { nats: { trial: { enabled: false }, leaf: { enabled: true } } },
    'nats.leaf.remotes is empty',
  ],
  [
    'a leaf node without a password',
    { nats: { trial: { enabled: false }, leaf: { enabled: true, remotes: ['tls://a:7422'], user: 'b' } } },
    'nats.leaf.existingSecret is empty',
  ],
  ['two kinds of credentials', { nats: { tokenKey: 'a', nkeyKey: 'b' } }, 'choose one of nats.tokenKey'],
  ['no cluster key', { cluster: { keys: { generate: false } } }, 'kubectl create secret generic parley-cluster-keys'],
  ['two cluster keys', { cluster: { keys: { existingSecret: 'a' } } }, 'cluster.keys.generate: choose one'],
  ['TLS without a certificate', { clients: { tls: { enabled: true } } }, 'set clients.tls.existingSecret or'],
  ['a certificate without TLS', { cluster: { tls: { existingSecret: 'a' } } }, 'set cluster.tls.enabled=true'],
  [
    'a certificate from nobody',
    { clients: { tls: { enabled: true, certManager: { enabled: true } } } },
    'clients.tls.certManager.issuerRef is empty',
  ],
  ['no way for clients', { clients: { http: { enabled: false } } }, 'set clients.http.enabled or clients.tls.enabled'],
  ['plain HTTP for everybody', { clients: { networks: ['0.0.0.0/0'] } }, 'say config.insecurePlainHttp=true'],
  [
    'an Ingress that is not believed',
    { ingress: { enabled: true }, networkPolicy: webPods },
    'set config.trustedProxies',
  ],
  [
    'an Ingress that is kept out',
    { ingress: { enabled: true }, config: { trustedProxies: ['10.9.0.0/24'] } },
    'set networkPolicy.web.from',
  ],
  [
    'a route without a Gateway',
    { gateway: { enabled: true }, config: { trustedProxies: ['10.9.0.0/24'] }, networkPolicy: webPods },
    'gateway.parentRefs is empty',
  ],
  ['federation with nobody', { federation: { enabled: true, existingSecret: 'a' } }, 'names no domain'],
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
  ['a site twice', { sites: twoSites }, 'the site "hq" is there twice'],
  ['names that are too long', { fullnameOverride: 'p'.repeat(45) }, 'set fullnameOverride to something shorter'],
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
  ['a test of one user', { tests: { with: '' } }, 'set tests.user and tests.with'],
  ['Basic without TLS', { tests: { scheme: 'basic' } }, 'which only https takes'],
  [
    'Secrets from no store',
    { externalSecrets: { secrets: [{ name: 'a', data: [] }] } },
    'externalSecrets.storeRef is empty',
  ],
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

  it('are named all at once', async () => {
    const told = await refusalOf({})
    for (const mistake of ['no IM domain', 'nobody could sign in', 'no Redis', 'no NATS', 'no cluster key'])
      expect(told).toContain(`- ${mistake}`)
  })
})
