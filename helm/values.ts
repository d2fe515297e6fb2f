/**
 * What the chart's values may be: values.schema.json is made from this, and from the comments in values.yaml, which say what each
 * value means. Described here is only what values.yaml cannot show, such as the entries of lists that are empty there. `examples` are
 * there for the tests, which change every value and want to see a difference. What contradicts other values, or needs more words
 * than a pattern, is refused by the chart's templates: _validate.tpl.
 */
import { z } from 'zod'
import {
  cidr,
  domainName,
  duration,
  entry,
  issuerRef,
  labels,
  memory,
  objectName,
  peer,
  port,
  resources,
  secretName,
  section,
} from './value-parts.ts'

/** An object of Kubernetes that is handed on as it is. */
const handedOn = (...examples: readonly object[]) => z.record(z.string(), z.unknown()).meta({ examples })
const listOf = (example: object) => z.array(z.record(z.string(), z.unknown())).meta({ examples: [[example]] })
const count = z.int().min(0)

const image = section({
  repository: z
    .string()
    .regex(/^[a-z0-9][a-zA-Z0-9._:/-]*$/)
    .meta({ examples: ['registry.example.com/another'] }),
  tag: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{0,128}$/)
    .meta({ examples: ['9.8.7'] }),
  digest: z
    .string()
    .regex(/^(sha256:[0-9a-f]{64})?$/)
    .meta({ examples: [`sha256:${'0a'.repeat(32)}`] }),
})

const pods = section({
  labels,
  annotations: labels,
  workloadAnnotations: labels,
  priorityClassName: objectName,
  nodeSelector: labels,
  tolerations: listOf({ key: 'dedicated', operator: 'Exists' }),
  affinity: handedOn({ nodeAffinity: {} }),
  topologySpreadConstraints: listOf({
    maxSkew: 2,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'ScheduleAnyway',
  }),
  extraEnv: listOf({ name: 'NODE_OPTIONS', value: '--max-old-space-size=1024' }),
  extraVolumes: listOf({ name: 'more', emptyDir: {} }),
  extraVolumeMounts: listOf({ name: 'more', mountPath: '/more' }),
  extraContainers: listOf({ name: 'winbindd', image: 'example.com/winbind:1' }),
  initContainers: listOf({ name: 'first', image: 'example.com/first:1' }),
  securityContext: handedOn({ supplementalGroups: [4321] }),
  hostAliases: listOf({ ip: '10.9.9.9', hostnames: ['redis.example.com'] }),
  dnsConfig: handedOn({ nameservers: ['10.9.9.9'] }),
})

const podDisruptionBudget = section({
  enabled: z.boolean(),
  maxUnavailable: z.union([z.int().min(1), z.string().regex(/^[1-9][0-9]?%$/)]),
})

const serviceType = z.enum(['LoadBalancer', 'NodePort', 'ClusterIP'])
const externalTrafficPolicy = z.enum(['Local', 'Cluster'])
const nodePort = z
  .int()
  .min(0)
  .max(65_535)
  .meta({ examples: [30_123] })
const loadBalancerClass = z.string().meta({ examples: ['example.com/internal'] })
const networks = z.array(cidr).meta({ examples: [['192.0.2.0/24']] })
const peers = z.array(peer).meta({ examples: [[{ ipBlock: { cidr: '192.0.2.0/24' } }]] })
const ports = z.array(port).meta({ examples: [[12_345]] })
const rules = listOf({ ports: [{ port: 12_345 }] })

const routers = section({
  replicas: count,
  autoscaling: section({
    enabled: z.boolean(),
    minReplicas: z.int().min(1),
    maxReplicas: z.int().min(1),
    cpuPercent: count,
    requestsInFlight: count,
    behavior: handedOn({ scaleDown: { stabilizationWindowSeconds: 1234 } }),
  }),
  podDisruptionBudget,
  minReadySeconds: count,
  resources,
  pods,
  service: section({
    enabled: z.boolean(),
    type: serviceType,
    externalTrafficPolicy,
    httpPort: port,
    httpsPort: port,
    httpNodePort: nodePort,
    httpsNodePort: nodePort,
    loadBalancerClass,
    loadBalancerSourceRanges: networks,
    ipFamilyPolicy: z.enum(['', 'SingleStack', 'PreferDualStack', 'RequireDualStack']),
    annotations: labels,
  }),
})

const homes = section({
  count,
  standby: count,
  podDisruptionBudget,
  minReadySeconds: count,
  advertise: z
    .string()
    .regex(/^(https?:\/\/[^/\s]+)?$/)
    .meta({ examples: ['http://$(POD_NAME).example.org:8180', 'https://$(POD_NAME).example.org:8180'] }),
  podServices: section({
    enabled: z.boolean(),
    type: serviceType,
    externalTrafficPolicy,
    loadBalancerSourceRanges: networks,
    annotations: labels,
  }),
  resources,
  pods,
})

const certManager = { enabled: z.boolean(), issuerRef, duration, renewBefore: duration }
const namedCertManager = section({ ...certManager, dnsNames: z.array(domainName) })

/** All values of the chart. values.yaml has them all. The schema of `config` is made apart: chart-config.ts. */
export const chartValues = section({
  global: z.record(z.string(), z.unknown()).describe('Helm gives it to charts within another one; not used here.'),
  nameOverride: objectName,
  fullnameOverride: objectName,
  commonLabels: labels,
  clusterDomain: domainName,
  image: image.extend({ pullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).optional() }),
  imagePullSecrets: z
    .array(z.strictObject({ name: objectName.describe('Name of the Secret.') }))
    .meta({ examples: [[{ name: 'registry' }]] }),
  sites: z
    .array(
      z.strictObject({
        name: z
          .string()
          .meta({ examples: ['bergen'] })
          .describe('Name of the site; its homes are NAME-0, NAME-1, …'),
        routers: routers.optional().describe('What differs from `routers` at this site.'),
        homes: homes.optional().describe('What differs from `homes` at this site.'),
      }),
    )
    .min(1),
  clients: section({
    networks: z.array(cidr).meta({ examples: [['10.99.0.0/16']] }),
    except: networks,
    http: section({ enabled: z.boolean() }),
    tls: section({
      enabled: z.boolean(),
      existingSecret: secretName,
      certManager: namedCertManager,
    }),
  }),
  users: section({ existingSecret: secretName, key: entry }),
  directory: section({ existingSecret: secretName, passwordKey: entry, caKey: entry }),
  cluster: section({
    keys: section({
      existingSecret: secretName,
      ids: z.array(z.string().regex(/^[A-Za-z0-9_-]{1,32}$/)).meta({ examples: [['k3', 'k2']] }),
      generate: z.boolean(),
    }),
    tls: section({ enabled: z.boolean(), existingSecret: secretName, certManager: namedCertManager }),
  }),
  routers,
  homes,
  sync: section({ enabled: z.boolean(), replicas: count, resources, pods }),
  pods,
  extraSecrets: z
    .array(
      z.strictObject({
        name: z
          .string()
          .regex(/^[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?$/)
          .describe('Where it is mounted: /run/secrets/parley/NAME.'),
        secret: objectName.describe('Name of the Secret.'),
        roles: z
          .array(z.enum(['routers', 'homes', 'sync']))
          .min(1)
          .optional()
          .describe('Whose pods get it.'),
      }),
    )
    .meta({ examples: [[{ name: 'more', secret: 'more', roles: ['routers', 'homes', 'sync'] }]] }),
  listenAddress: z.enum(['0.0.0.0', '[::]']),
  serviceAccount: section({ create: z.boolean(), name: objectName, annotations: labels }),
  redis: section({
    existingSecret: secretName,
    passwordKey: entry,
    sentinelPasswordKey: entry,
    caKey: entry,
    certKey: entry,
    keyKey: entry,
    trial: section({
      enabled: z.boolean(),
      image,
      storage: section({ size: memory, storageClassName: objectName }),
      resources,
    }),
  }),
  nats: section({
    existingSecret: secretName,
    passwordKey: entry,
    tokenKey: entry,
    nkeyKey: entry,
    credsKey: entry,
    caKey: entry,
    certKey: entry,
    keyKey: entry,
    trial: section({ enabled: z.boolean() }),
    leaf: section({
      enabled: z.boolean(),
      remotes: z
        .array(z.string().regex(/^(tls|nats-leaf|nats|ws|wss):\/\/[^/\s@]+$/))
        .meta({ examples: [['tls://centre.example.org:7422']] }),
      existingSecret: secretName,
      user: z.string().meta({ examples: ['another'] }),
      passwordKey: entry,
      credsKey: entry,
      caKey: entry,
      certKey: entry,
      keyKey: entry,
    }),
    server: section({ image, resources }),
  }),
  federation: section({
    enabled: z.boolean(),
    listen: z.boolean(),
    egress: z.boolean(),
    existingSecret: secretName,
    caSecret: secretName,
    clientCaKey: entry,
    certManager: section(certManager),
    service: section({
      type: serviceType,
      externalTrafficPolicy,
      port,
      loadBalancerSourceRanges: networks,
      loadBalancerClass,
      annotations: labels,
    }),
  }),
  ingress: section({
    enabled: z.boolean(),
    className: objectName,
    annotations: labels,
    hosts: z.array(domainName),
    tls: section({ secretName }),
  }),
  gateway: section({
    enabled: z.boolean(),
    parentRefs: listOf({ name: 'another' }),
    hostnames: z.array(domainName),
    annotations: labels,
    requestTimeout: duration,
  }),
  networkPolicy: section({
    enabled: z.boolean(),
    dns: section({ to: peers, port }),
    admin: section({ from: peers }),
    web: section({ from: peers }),
    clients: section({ from: peers }),
    nodes: section({ from: peers, to: peers, ports }),
    callBacks: section({ networks, ports }),
    redis: section({ to: peers, ports }),
    nats: section({ to: peers }),
    directory: section({ to: peers, ports }),
    federation: section({ networks, except: networks, ports }),
    tracing: section({ to: peers, ports }),
    extraIngress: rules,
    extraEgress: rules,
  }),
  metrics: section({
    podMonitor: section({ enabled: z.boolean(), labels, interval: duration }),
    prometheusRule: section({ enabled: z.boolean(), labels }),
    dashboards: section({ enabled: z.boolean(), labels, annotations: labels }),
    runbooks: z
      .string()
      .regex(/^[^\s"'\\]+[^\s"'\\/]$/)
      .meta({ examples: ['https://wiki.example.com/parley/runbooks'] }),
  }),
  externalSecrets: section({
    storeRef: section({ name: objectName, kind: z.enum(['SecretStore', 'ClusterSecretStore']) }),
    refreshInterval: duration,
    secrets: z
      .array(
        z.strictObject({
          name: objectName.describe('Name of the Secret that is made.'),
          data: z.array(z.record(z.string(), z.unknown())).describe('Its entries, as an ExternalSecret has them.'),
        }),
      )
      .meta({ examples: [[{ name: 'more', data: [{ secretKey: 'a', remoteRef: { key: 'b' } }] }]] }),
  }),
  migration: section({ enabled: z.boolean(), activeDeadlineSeconds: z.int().min(1), resources }),
  tests: section({
    existingSecret: secretName,
    user: z.string().meta({ examples: ['carol@im.example.com'] }),
    userPasswordKey: entry,
    with: z.string().meta({ examples: ['dave@im.example.com'] }),
    withPasswordKey: entry,
    server: z
      .string()
      .regex(/^(https?:\/\/[^/\s]+)?$/)
      .meta({ examples: ['https://im.example.com', 'https://chat.example.com'] }),
    scheme: z.enum(['digest', 'ntlm', 'basic']),
    caKey: entry,
    resources,
  }),
  config: z.unknown(),
})
