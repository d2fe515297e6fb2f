import { describe, expect, it } from 'vitest'
import { configFindings } from './config-rules.ts'
import type { Manifest } from './manifest.ts'
import { objectFindings } from './object-rules.ts'
import { podFindings } from './pod-rules.ts'

const labels = {
  'app.kubernetes.io/name': 'parley',
  'app.kubernetes.io/instance': 'a',
  'app.kubernetes.io/version': '1.0.0',
  'app.kubernetes.io/part-of': 'parley',
  'app.kubernetes.io/managed-by': 'Helm',
  'helm.sh/chart': 'parley-1.0.0',
}
const podLabels = { role: 'router' }
const metadata = { name: 'router', namespace: 'im', labels }
const probe = { httpGet: { path: '/', port: 'admin' } }
const container = {
  name: 'router',
  image: 'parley:1.0.0',
  args: ['router', '--config', '/etc/parley/router.yaml'],
  ports: [{ name: 'admin', containerPort: 9464 }],
  livenessProbe: probe,
  readinessProbe: probe,
  resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
  volumeMounts: [
    { name: 'config', mountPath: '/etc/parley' },
    { name: 'keys', mountPath: '/run/secrets/parley/keys' },
  ],
}
const pod = {
  serviceAccountName: 'given',
  automountServiceAccountToken: false,
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [container],
  volumes: [
    { name: 'config', configMap: { name: 'router' } },
    { name: 'keys', secret: { secretName: 'keys' } },
  ],
}
const selector = { matchLabels: podLabels }
const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata,
  spec: { selector, template: { metadata: { labels: podLabels }, spec: pod } },
}
const config = `domains: [{ name: im.example.com }]
redis: { url: 'redis://redis:6379' }
nats: { servers: ['nats://nats:4222'] }
cluster: { keys: [{ id: k1, file: /run/secrets/parley/keys/k1 }] }
`
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'router.yaml': config } }
const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata,
  spec: { selector: podLabels, ports: [{ name: 'admin', port: 80, targetPort: 'admin' }] },
}
const outside = { secrets: new Set(['keys']), serviceAccounts: new Set(['given']) }

type Change = readonly [what: string, path: readonly (string | number)[], value: unknown, finding: RegExp]

/** `manifest` with something else at a place in it; undefined takes away what is there. */
function changed<Part>(manifest: Part, [key, ...rest]: readonly (string | number)[], value: unknown): Part {
  if (key === undefined) return value as Part
  const copy = (Array.isArray(manifest) ? [...manifest] : { ...manifest }) as Record<string | number, unknown>
  copy[key] = changed(copy[key], rest, value)
  return copy as Part
}

const template = ['spec', 'template', 'spec'] as const
const first = [...template, 'containers', 0] as const

describe('the rules for pods', () => {
  const check = (manifest: Manifest) => podFindings([manifest, configMap], outside)

  it('find nothing in a pod that keeps them', () => {
    expect(check(deployment)).toEqual([])
  })

  const changes: readonly Change[] = [
    ['a token', [...template, 'automountServiceAccountToken'], undefined, /token/],
    ['the node’s network', [...template, 'hostNetwork'], true, /node’s network/],
    [
      'a folder of the node',
      [...template, 'volumes', 0],
      { name: 'config', hostPath: { path: '/' } },
      /folder of the node/,
    ],
    ['no seccomp', [...template, 'securityContext', 'seccompProfile'], undefined, /seccomp/],
    ['perhaps root', [...template, 'securityContext', 'runAsNonRoot'], undefined, /may run as root/],
    ['root', [...first, 'securityContext', 'runAsUser'], 0, /runs as root/],
    ['all privileges', [...first, 'securityContext', 'privileged'], true, /is privileged/],
    ['more privileges', [...first, 'securityContext', 'allowPrivilegeEscalation'], undefined, /gain privileges/],
    ['a writable root', [...first, 'securityContext', 'readOnlyRootFilesystem'], false, /root file system/],
    ['capabilities', [...first, 'securityContext', 'capabilities'], {}, /keeps capabilities/],
    ['one capability', [...first, 'securityContext', 'capabilities', 'add'], ['NET_RAW'], /adds capabilities/],
    ['no tag', [...first, 'image'], 'registry:5000/parley', /has no tag/],
    ['a moving tag', [...first, 'image'], 'parley:latest', /moving target/],
    ['no limit', [...first, 'resources', 'limits', 'memory'], undefined, /no limits of memory/],
    ['no request', [...first, 'resources', 'requests'], undefined, /no requests of cpu/],
    ['no liveness probe', [...first, 'livenessProbe'], undefined, /no livenessProbe/],
    ['a probe of nothing', [...first, 'readinessProbe', 'httpGet', 'port'], 'http', /asks the port http/],
    ['a mount of nothing', [...first, 'volumeMounts', 0, 'name'], 'other', /mounts other, which is no volume/],
    ['two mounts at a place', [...first, 'volumeMounts', 1, 'mountPath'], '/etc/parley', /two volumes at/],
    [
      'a volume for nobody',
      [...first, 'volumeMounts', 1],
      { name: 'config', mountPath: '/b' },
      /keys, which nobody mounts/,
    ],
    ['no ConfigMap', [...template, 'volumes', 0, 'configMap', 'name'], 'other', /ConfigMap other, which is not there/],
    ['no Secret', [...template, 'volumes', 1, 'secret', 'secretName'], 'other', /Secret other, which nobody makes/],
    ['no account', [...template, 'serviceAccountName'], undefined, /runs as default, which is not there/],
  ]
  it.each(changes)('find %s', (_, path, value, finding) => {
    expect(check(changed(deployment, path, value)).join('\n')).toMatch(finding)
  })

  it('take init containers, digests, Certificates and ExternalSecrets into account', () => {
    const root = { ...container, name: 'first', securityContext: {} }
    expect(check(changed(deployment, [...template, 'initContainers'], [root])).join('\n')).toMatch(
      /first: .*privileges/,
    )
    const pinned = changed(deployment, [...first, 'image'], `parley@sha256:${'0'.repeat(64)}`)
    const certificate = { apiVersion: 'c/v1', kind: 'Certificate', metadata, spec: { secretName: 'keys' } }
    expect(podFindings([pinned, configMap, certificate], { ...outside, secrets: new Set() })).toEqual([])
  })
})

describe('the rules for objects', () => {
  const check = (...manifests: Manifest[]) => objectFindings(manifests, 'im').join('\n')
  const object = (kind: string, spec: Readonly<Record<string, unknown>>): Manifest => ({
    ...service,
    kind,
    spec,
  })

  it('find nothing in objects that keep them', () => {
    expect(check(deployment, service, configMap)).toBe('')
  })

  it.each<readonly [what: string, manifests: readonly Manifest[], finding: RegExp]>([
    ['a long name', [changed(configMap, ['metadata', 'name'], 'a'.repeat(64))], /has 64 letters/],
    [
      'a StatefulSet whose pods’ labels get too long',
      [{ ...object('StatefulSet', {}), metadata: { ...metadata, name: 'a'.repeat(53) } }],
      /has 53 letters/,
    ],
    ['a name that is none', [changed(service, ['metadata', 'name'], '1st')], /that is no name/],
    ['another namespace', [changed(configMap, ['metadata', 'namespace'], 'other')], /in the namespace other/],
    ['a missing label', [changed(configMap, ['metadata', 'labels'], {})], /no label helm.sh\/chart/],
    ['a label that cannot be', [changed(configMap, ['metadata', 'labels', 'a'], 'b c')], /label a cannot be b c/],
    ['an object that is there twice', [configMap, configMap], /is there twice/],
    ['a Service for nobody', [service], /Service router: chooses no pod/],
    [
      'a Service to no port',
      [deployment, changed(service, ['spec', 'ports', 0, 'targetPort'], 'http')],
      /has no port http/,
    ],
    ['a budget for nobody', [object('PodDisruptionBudget', { selector })], /chooses no pod/],
    [
      'two budgets for a pod',
      [
        deployment,
        object('PodDisruptionBudget', { selector }),
        changed(object('PodDisruptionBudget', { selector }), ['metadata', 'name'], 'b'),
      ],
      /another budget/,
    ],
    [
      'scaling of nothing',
      [object('HorizontalPodAutoscaler', { scaleTargetRef: { kind: 'Deployment', name: 'x' } })],
      /not there/,
    ],
    [
      'scaling against replicas',
      [
        changed(deployment, ['spec', 'replicas'], 2),
        object('HorizontalPodAutoscaler', { scaleTargetRef: { kind: 'Deployment', name: 'router' } }),
      ],
      /has replicas/,
    ],
    [
      'a monitor of nothing',
      [deployment, object('PodMonitor', { selector, podMetricsEndpoints: [{ port: 'x' }] })],
      /has the port x/,
    ],
    [
      'a StatefulSet without its Service',
      [{ ...deployment, kind: 'StatefulSet', spec: { ...deployment.spec, serviceName: 'x' } }],
      /Service x, which is not there/,
    ],
    [
      'an Ingress to nothing',
      [
        object('Ingress', {
          rules: [{ http: { paths: [{ backend: { service: { name: 'x', port: { name: 'a' } } } }] } }],
        }),
      ],
      /Service x, which is not there/,
    ],
    [
      'a route to no port',
      [deployment, service, object('HTTPRoute', { rules: [{ backendRefs: [{ name: 'router', port: 81 }] }] })],
      /no port 81/,
    ],
    ['a policy for nobody', [object('NetworkPolicy', { podSelector: selector })], /chooses no pod/],
    [
      'pods that do not choose themselves',
      [changed(deployment, ['spec', 'selector', 'matchLabels'], { role: 'x' })],
      /not choose its own/,
    ],
    [
      'pods that are chosen by others',
      [deployment, changed(deployment, ['metadata', 'name'], 'b')],
      /chooses pods of Deployment b, too/,
    ],
    [
      'a spread among others',
      [
        changed(
          deployment,
          [...template, 'topologySpreadConstraints'],
          [{ labelSelector: { matchLabels: { role: 'x' } } }],
        ),
      ],
      /spread among/,
    ],
    [
      'a secret in the open',
      [
        { ...configMap, kind: 'Secret', data: { a: Buffer.from('im.example.com').toString('base64') } },
        changed(configMap, ['metadata', 'name'], 'b'),
      ],
      /shows what a Secret holds/,
    ],
  ])('find %s', (_, manifests, finding) => {
    expect(check(...manifests)).toMatch(finding)
  })
})

describe('the rules for the configuration', () => {
  const check = (text: string) =>
    configFindings([deployment, { ...configMap, data: { 'router.yaml': text } }]).join('\n')

  it('find nothing in one that Parley accepts', () => {
    expect(check(config)).toBe('')
  })

  it('find what Parley does not accept, and files that the container does not have', () => {
    expect(check(`${config}limit: 1\n`)).toMatch(/Unrecognized key: "limit"/)
    expect(check(config.replace("url: 'redis", "cluster: ['a:1'], url: 'redis"))).toMatch(/needs one of/)
    expect(check(config.replace('parley/keys', 'parley/other'))).toMatch(/other\/k1, which its container does not have/)
    expect(configFindings([deployment]).join('\n')).toMatch(/has no configuration/)
  })
})
