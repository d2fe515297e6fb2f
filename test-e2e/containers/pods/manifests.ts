import { isAbsolute } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { metadata, podSpec, podTemplate } from './pod-manifest.ts'

const labels = z.record(z.string(), z.string())

/** Which pods a policy or a workload means. */
const selector = z.strictObject({
  matchLabels: labels.default({}),
  matchExpressions: z
    .array(z.strictObject({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }))
    .default([]),
})

const peer = z.union([
  z.strictObject({ podSelector: selector }),
  z.strictObject({ ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }) }),
  // Namespaces are not there: nobody is in another one, but the cluster's DNS, which Docker answers itself.
  z.strictObject({ namespaceSelector: z.unknown(), podSelector: z.unknown().optional() }),
])
const policyPort = z.strictObject({
  protocol: z.enum(['TCP', 'UDP']).default('TCP'),
  port: z.union([z.number().int(), z.string()]).optional(),
  endPort: z.number().int().optional(),
})
const ports = z.array(policyPort).optional()

const amount = z.union([z.number().int(), z.string().regex(/^[0-9]+%$/)])

const deployment = z.strictObject({
  replicas: z.number().int().default(1),
  selector,
  revisionHistoryLimit: z.unknown().optional(),
  progressDeadlineSeconds: z.unknown().optional(),
  minReadySeconds: z.number().default(0),
  strategy: z
    .union([
      z.strictObject({
        type: z.literal('RollingUpdate'),
        rollingUpdate: z
          .strictObject({ maxUnavailable: amount.default('25%'), maxSurge: amount.default('25%') })
          .prefault({}),
      }),
      z.strictObject({ type: z.literal('Recreate') }),
    ])
    .prefault({ type: 'RollingUpdate' }),
  template: podTemplate,
})

const statefulSet = z.strictObject({
  replicas: z.number().int().default(1),
  selector,
  serviceName: z.string(),
  revisionHistoryLimit: z.unknown().optional(),
  minReadySeconds: z.number().default(0),
  podManagementPolicy: z.enum(['OrderedReady', 'Parallel']).default('OrderedReady'),
  updateStrategy: z
    .strictObject({
      type: z.literal('RollingUpdate'),
      rollingUpdate: z
        .strictObject({ partition: z.literal(0).optional(), maxUnavailable: z.literal(1).optional() })
        .optional(),
    })
    .optional(),
  persistentVolumeClaimRetentionPolicy: z.unknown().optional(),
  volumeClaimTemplates: z.array(z.object({ metadata })).default([]),
  template: podTemplate,
})

const service = z.strictObject({
  type: z.enum(['ClusterIP', 'LoadBalancer', 'NodePort']).default('ClusterIP'),
  clusterIP: z.literal('None').optional(),
  publishNotReadyAddresses: z.boolean().default(false),
  selector: labels,
  ports: z.array(
    z.strictObject({
      name: z.string().optional(),
      port: z.number().int(),
      targetPort: z.union([z.number().int(), z.string()]).optional(),
      protocol: z.literal('TCP').optional(),
      appProtocol: z.unknown().optional(),
      nodePort: z.unknown().optional(),
    }),
  ),
  externalTrafficPolicy: z.unknown().optional(),
  internalTrafficPolicy: z.literal('Cluster').optional(),
  sessionAffinity: z.literal('None').optional(),
  ipFamilyPolicy: z.unknown().optional(),
  ipFamilies: z.unknown().optional(),
  loadBalancerClass: z.unknown().optional(),
  loadBalancerSourceRanges: z.unknown().optional(),
  allocateLoadBalancerNodePorts: z.unknown().optional(),
})

const networkPolicy = z.strictObject({
  podSelector: selector,
  policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
  ingress: z.array(z.strictObject({ from: z.array(peer).optional(), ports })).default([]),
  egress: z.array(z.strictObject({ to: z.array(peer).optional(), ports })).default([]),
})

const job = z.strictObject({
  backoffLimit: z.unknown().optional(),
  activeDeadlineSeconds: z.unknown().optional(),
  ttlSecondsAfterFinished: z.unknown().optional(),
  template: podTemplate,
})

const apiVersion = z.string()
const strings = z.record(z.string(), z.string()).default({})
const manifest = z.discriminatedUnion('kind', [
  z.strictObject({ apiVersion, kind: z.literal('Deployment'), metadata, spec: deployment }),
  z.strictObject({ apiVersion, kind: z.literal('StatefulSet'), metadata, spec: statefulSet }),
  z.strictObject({ apiVersion, kind: z.literal('Job'), metadata, spec: job }),
  z.strictObject({ apiVersion, kind: z.literal('Pod'), metadata, spec: podSpec }),
  z.strictObject({ apiVersion, kind: z.literal('Service'), metadata, spec: service }),
  z.strictObject({ apiVersion, kind: z.literal('NetworkPolicy'), metadata, spec: networkPolicy }),
  z.strictObject({
    apiVersion,
    kind: z.literal('ConfigMap'),
    metadata,
    data: strings,
    immutable: z.unknown().optional(),
  }),
  z.strictObject({
    apiVersion,
    kind: z.literal('Secret'),
    metadata,
    type: z.unknown().optional(),
    immutable: z.unknown().optional(),
    data: strings,
    stringData: strings,
  }),
])

/** What only a real cluster has a use for. */
const unusedKinds = new Set(['ServiceAccount', 'PodDisruptionBudget', 'HorizontalPodAutoscaler'])

export type Manifest = z.infer<typeof manifest>
export type ManifestOf<Kind extends Manifest['kind']> = Extract<Manifest, { kind: Kind }>
export type NetworkPolicy = ManifestOf<'NetworkPolicy'>
export type Service = ManifestOf<'Service'>

/** Reads manifests as `helm template` prints them. Throws, naming the place, for whatever would not be carried out. */
export function readManifests(text: string): Manifest[] {
  const documents = parseAllDocuments(text).map((document) => document.toJS() as unknown)
  return documents.flatMap((document) => {
    if (document === null) return []
    const head = z.object({ kind: z.string(), metadata }).parse(document)
    if (unusedKinds.has(head.kind)) return []
    const read = manifest.safeParse(document)
    if (!read.success) {
      throw new Error(`${head.kind} ${head.metadata.name} is not carried out here:\n${z.prettifyError(read.error)}`)
    }
    return [read.data]
  })
}

/** Those of one kind. */
export function manifestsOf<Kind extends Manifest['kind']>(all: readonly Manifest[], kind: Kind): ManifestOf<Kind>[] {
  return all.filter((one): one is ManifestOf<Kind> => one.kind === kind)
}

/** The files of a ConfigMap or a Secret, by key. */
export function filesOf(
  all: readonly Manifest[],
  kind: 'ConfigMap' | 'Secret',
  name: string,
): Map<string, Buffer> | undefined {
  const found = manifestsOf<'ConfigMap' | 'Secret'>(all, kind).find(({ metadata }) => metadata.name === name)
  if (!found) return undefined
  if (found.kind === 'ConfigMap') return buffers(found.data, 'utf8')
  return new Map([...buffers(found.data, 'base64'), ...buffers(found.stringData, 'utf8')])
}

function buffers(data: Readonly<Record<string, string>>, encoding: BufferEncoding): Map<string, Buffer> {
  for (const key of Object.keys(data)) if (isAbsolute(key) || key.includes('/')) throw new Error(`not a key: ${key}`)
  return new Map(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, encoding)]))
}

type Labels = Readonly<Record<string, string>>

/** Whether a pod with `has` is one of those that a Service asks for. */
export function matches(wanted: Labels, has: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => has[name] === value)
}

/** The same for the selector of a policy or a workload. */
export function isSelected({ matchLabels, matchExpressions }: z.infer<typeof selector>, has: Labels): boolean {
  return (
    matches(matchLabels, has) && matchExpressions.every(({ key, values }) => values.some((value) => has[key] === value))
  )
}
