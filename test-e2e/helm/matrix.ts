import { exampleNames, exampleValues, type RenderOptions, type Values } from './chart.ts'
import type { Outside } from './pod-rules.ts'
import { type Dimensions, pairwise, titleOfCase, valuesOf } from './value-matrix.ts'

/** Something to render: an example, or a case of the matrix. */
export interface Rendering {
  readonly title: string
  readonly values: Values
  readonly options: RenderOptions
}

const ingressPods = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'ingress' } } }
const web = { networkPolicy: { web: { from: [ingressPods] } } }
const trustedProxies = ['10.244.7.0/24']
const issuerRef = { name: 'corporate', kind: 'ClusterIssuer' }
const domain = 'im.example.com'

const outside = (scheme: string): Values => ({
  homes: {
    advertise: `${scheme}://$(POD_NAME).example.com:8180`,
    podServices: { enabled: scheme === 'https', loadBalancerSourceRanges: ['10.9.0.0/16'] },
  },
  networkPolicy: { nodes: { from: [ingressPods], to: [{ ipBlock: { cidr: '10.9.0.0/16' } }] } },
})

/** What a platform team chooses, more or less independently. */
const dimensions: Dimensions = {
  redis: {
    trial: { redis: { trial: { enabled: true, storage: { storageClassName: 'fast' } } } },
    single: {
      config: { redis: { url: 'rediss://redis:6380/1' } },
      redis: { existingSecret: 'redis', caKey: 'ca.crt' },
    },
    sentinel: {
      config: { redis: { sentinels: ['a:26379', 'b:26379'], sentinelName: 'parley' } },
      redis: { existingSecret: 'redis', sentinelPasswordKey: 'sentinel' },
    },
    cluster: {
      config: { redis: { cluster: ['a:7000', 'b:7001'] } },
      redis: { existingSecret: 'redis', passwordKey: '' },
    },
  },
  nats: {
    trial: { nats: { trial: { enabled: true } } },
    external: {
      config: { nats: { servers: ['tls://a:4222', 'tls://b:4333'] } },
      nats: { existingSecret: 'nats', credsKey: 'creds', caKey: 'ca.crt', certKey: 'tls.crt', keyKey: 'tls.key' },
    },
    leaf: {
      nats: {
        leaf: { enabled: true, remotes: ['tls://centre:7422'], existingSecret: 'leaf', user: 'b', caKey: 'ca.crt' },
      },
    },
    'leaf with credentials': {
      nats: {
        leaf: {
          enabled: true,
          remotes: ['wss://centre:443'],
          existingSecret: 'leaf',
          credsKey: 'creds',
          certKey: 'tls.crt',
          keyKey: 'tls.key',
        },
      },
    },
  },
  'TLS for clients': {
    none: {},
    given: { clients: { tls: { enabled: true, existingSecret: 'tls' } } },
    'cert-manager': { clients: { tls: { enabled: true, certManager: { enabled: true, issuerRef } } } },
  },
  'TLS between nodes': {
    none: {},
    'none, homes reached from outside': outside('http'),
    given: { cluster: { tls: { enabled: true, existingSecret: 'nodes' } } },
    'cert-manager': { cluster: { tls: { enabled: true, certManager: { enabled: true } } } },
    'cert-manager, homes reached from outside': {
      ...outside('https'),
      cluster: { tls: { enabled: true, certManager: { enabled: true, issuerRef, dnsNames: ['*.example.com'] } } },
    },
  },
  entrance: {
    service: {
      routers: { service: { ipFamilyPolicy: 'PreferDualStack', loadBalancerClass: 'x/y', httpNodePort: 30080 } },
    },
    ingress: {
      ...web,
      config: { trustedProxies },
      ingress: { enabled: true, className: 'nginx', tls: { secretName: 'web' } },
    },
    gateway: { ...web, config: { trustedProxies }, gateway: { enabled: true, parentRefs: [{ name: 'public' }] } },
    none: { routers: { service: { enabled: false } } },
  },
  sites: {
    one: {},
    two: { sites: [{ name: 'hq' }, { name: 'oslo', routers: { replicas: 1 }, homes: { count: 1 } }] },
    'without homes': { sites: [{ name: 'branch', homes: { count: 0, standby: 0 } }] },
  },
  standby: { none: {}, one: { homes: { standby: 1 } } },
  users: {
    file: { users: { existingSecret: 'users', key: 'people' } },
    directory: {
      config: {
        directory: {
          preset: 'openldap',
          servers: ['ldaps://ldap.example.com', 'ldap://other.example.com:3389'],
          base: 'dc=example,dc=com',
          bind: { dn: 'cn=parley' },
        },
      },
      directory: { existingSecret: 'directory', caKey: 'ca.crt' },
    },
  },
  federation: {
    off: {},
    on: {
      config: { federation: { domains: [{ domain: 'im.partner.example' }] } },
      federation: {
        enabled: true,
        certManager: { enabled: true, issuerRef },
        caSecret: 'partners',
        clientCaKey: 'all',
      },
    },
    'outbound, from homes': {
      config: { federation: { domains: [{ domain: 'im.partner.example', direction: 'outbound' }] } },
      federation: { enabled: true, existingSecret: 'federation', egress: false, listen: false },
    },
  },
  'network policies': { on: {}, off: { networkPolicy: { enabled: false } } },
  monitoring: {
    off: {},
    on: {
      config: { tracing: { endpoint: 'http://otel-collector:4318' } },
      metrics: {
        podMonitor: { enabled: true, labels: { release: 'prometheus' } },
        prometheusRule: { enabled: true },
        dashboards: { enabled: true, annotations: { grafana_folder: 'Parley' } },
      },
    },
  },
  'external secrets': {
    off: { cluster: { keys: { generate: true } } },
    on: {
      cluster: { keys: { existingSecret: 'keys', ids: ['k2', 'k1'] } },
      externalSecrets: {
        storeRef: { name: 'vault', kind: 'ClusterSecretStore' },
        secrets: [{ name: 'keys', data: [{ secretKey: 'k1', remoteRef: { key: 'parley' } }] }],
      },
    },
  },
  scaling: {
    fixed: {},
    cpu: { routers: { autoscaling: { enabled: true } } },
    requests: { routers: { autoscaling: { enabled: true, cpuPercent: 0, requestsInFlight: 200 } } },
  },
  tests: {
    off: {},
    on: {
      tests: {
        existingSecret: 'testers',
        user: `a@${domain}`,
        with: `b@${domain}`,
        server: `https://${domain}`,
        caKey: 'ca',
      },
    },
  },
  jobs: { all: {}, few: { migration: { enabled: false }, sync: { enabled: false } } },
  pods: {
    plain: {},
    dressed: {
      commonLabels: { team: 'messaging' },
      imagePullSecrets: [{ name: 'registry' }],
      image: { digest: `sha256:${'1f'.repeat(32)}` },
      serviceAccount: { create: false, name: 'given' },
      extraSecrets: [{ name: 'more', secret: 'more', roles: ['routers', 'homes'] }],
      pods: {
        labels: { cost: 'im' },
        annotations: { 'example.com/a': 'b' },
        priorityClassName: 'high',
        nodeSelector: { disk: 'ssd' },
        tolerations: [{ key: 'im', operator: 'Exists' }],
        affinity: { nodeAffinity: {} },
        extraEnv: [{ name: 'NODE_OPTIONS', value: '--max-old-space-size=512' }],
        extraVolumes: [{ name: 'ldap', emptyDir: {} }],
        extraVolumeMounts: [{ name: 'ldap', mountPath: '/etc/ldap' }],
        hostAliases: [{ ip: '10.9.9.9', hostnames: ['redis'] }],
        dnsConfig: { nameservers: ['10.9.9.10'] },
      },
    },
  },
}

const names: readonly RenderOptions[] = [
  {},
  { release: 'x', namespace: 'im' },
  { release: 'chat', namespace: 'a-namespace-with-as-many-letters-as-kubernetes-lets-it-have-at' },
]

/** All documented examples, and few cases in which every two choices meet. */
export function renderings(): Rendering[] {
  const examples = exampleNames().map((name) => ({
    title: `example ${name}`,
    values: exampleValues(name),
    options: {},
  }))
  const cases = pairwise(dimensions).map((choice, index) => ({
    title: `case ${index + 1} (${titleOfCase(choice)})`,
    values: valuesOf(dimensions, choice, { config: { domains: [{ name: domain, aliases: ['im'] }] } }),
    options: names[index % names.length] ?? {},
  }))
  return [...examples, ...cases]
}

/** What the values name that is made by others: each `existingSecret` and the like. */
export function outsideOf(values: Values): Outside {
  const secrets = new Set<string>()
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, each] of Object.entries(value)) {
      if (typeof each === 'string' && ['existingSecret', 'caSecret', 'secret'].includes(key)) secrets.add(each)
      collect(each)
    }
  }
  collect(values)
  const { serviceAccount } = values as { serviceAccount?: { name?: string } }
  return { secrets, serviceAccounts: new Set(serviceAccount?.name ? [serviceAccount.name] : []) }
}
