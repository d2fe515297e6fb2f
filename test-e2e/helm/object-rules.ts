import {
  type LabelSelector,
  type Labels,
  type Manifest,
  selects,
  titleOf,
  type Workload,
  workloads,
} from './manifest.ts'
import type { Finding } from './pod-rules.ts'

const recommendedLabels = [
  'app.kubernetes.io/name',
  'app.kubernetes.io/instance',
  'app.kubernetes.io/version',
  'app.kubernetes.io/part-of',
  'app.kubernetes.io/managed-by',
  'helm.sh/chart',
]
const labelValue = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/
const objectName = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/
const serviceName = /^[a-z]([a-z0-9-]*[a-z0-9])?$/
const longestName = 63
// NOTE: its pods have a label with its name, a hyphen and a hash of ten digits.
const longestStatefulSetName = 52

/** Names, labels, and what objects say about each other. */
export function objectFindings(manifests: readonly Manifest[], namespace: string): Finding[] {
  const all = workloads(manifests)
  return [
    ...manifests.flatMap((manifest) => [
      ...nameFindings(manifest, namespace),
      ...labelFindings(manifest),
      ...targetFindings(manifest, manifests, all),
    ]),
    ...duplicates(manifests),
    ...all.flatMap((workload) => selectorFindings(workload, all)),
    ...generatedSecrets(manifests),
  ]
}

function nameFindings(manifest: Manifest, namespace: string): Finding[] {
  const { kind, metadata } = manifest
  const longest = kind === 'StatefulSet' ? longestStatefulSetName : longestName
  const pattern = kind === 'Service' ? serviceName : objectName
  return [
    ...(metadata.name.length > longest ? [`${titleOf(manifest)}: the name has ${metadata.name.length} letters`] : []),
    ...(pattern.test(metadata.name) ? [] : [`${titleOf(manifest)}: that is no name`]),
    ...(metadata.namespace === namespace ? [] : [`${titleOf(manifest)}: is in the namespace ${metadata.namespace}`]),
  ]
}

function labelFindings(manifest: Manifest): Finding[] {
  const { labels = {} } = manifest.metadata
  const ofPods = workloads([manifest]).flatMap((workload) => Object.entries(workload.labels))
  return [
    ...recommendedLabels
      .filter((name) => labels[name] === undefined)
      .map((name) => `${titleOf(manifest)}: has no label ${name}`),
    ...[...Object.entries(labels), ...ofPods]
      .filter(([, value]) => !labelValue.test(value))
      .map(([name, value]) => `${titleOf(manifest)}: the label ${name} cannot be ${value}`),
  ]
}

function targetFindings(manifest: Manifest, manifests: readonly Manifest[], all: readonly Workload[]): Finding[] {
  const { kind, spec = {} } = manifest
  const complaints = ((): string[] => {
    if (kind === 'Service') return serviceFindings(spec, all)
    if (kind === 'PodDisruptionBudget') return budgetFindings(manifest, manifests, all)
    if (kind === 'NetworkPolicy') return missing(choose(spec.podSelector as LabelSelector, all), 'chooses no pod')
    if (kind === 'HorizontalPodAutoscaler') return scaleFindings(spec, manifests)
    if (kind === 'PodMonitor') return monitorFindings(spec, all)
    if (kind === 'StatefulSet') return headlessFindings(spec, manifests)
    if (kind === 'Ingress' || kind === 'HTTPRoute') return backendFindings(spec, manifests)
    return []
  })()
  return complaints.map((complaint) => `${titleOf(manifest)}: ${complaint}`)
}

interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly targetPort?: number | string
}

function serviceFindings(spec: Readonly<Record<string, unknown>>, all: readonly Workload[]): string[] {
  const ports = spec.ports as ServicePort[]
  const chosen = choose({ matchLabels: spec.selector as Record<string, string> }, all)
  return [
    ...missing(chosen, 'chooses no pod'),
    ...chosen.flatMap((workload) =>
      ports
        .filter(({ port, targetPort = port }) => !hasPort(workload, targetPort))
        .map(({ port, targetPort = port }) => `${titleOf(workload.manifest)} has no port ${targetPort}`),
    ),
  ]
}

// NOTE: a pod with two budgets cannot be evicted at all.
function budgetFindings(manifest: Manifest, manifests: readonly Manifest[], all: readonly Workload[]): string[] {
  const chosen = choose(manifest.spec?.selector as LabelSelector, all)
  const others = manifests.filter((each) => each.kind === manifest.kind && each !== manifest)
  const twice = chosen.filter(({ labels }) =>
    others.some(({ spec }) => selects(spec?.selector as LabelSelector, labels)),
  )
  return [
    ...missing(chosen, 'chooses no pod'),
    ...twice.map((workload) => `${titleOf(workload.manifest)} has another budget, too`),
  ]
}

function scaleFindings(spec: Readonly<Record<string, unknown>>, manifests: readonly Manifest[]): string[] {
  const { kind, name } = spec.scaleTargetRef as { kind: string; name: string }
  const target = manifests.find((each) => each.kind === kind && each.metadata.name === name)
  if (!target) return [`scales ${kind} ${name}, which is not there`]
  return target.spec?.replicas === undefined ? [] : [`${kind} ${name} has replicas, which every upgrade would set back`]
}

function monitorFindings(spec: Readonly<Record<string, unknown>>, all: readonly Workload[]): string[] {
  const endpoints = spec.podMetricsEndpoints as { port: string }[]
  const chosen = choose(spec.selector as LabelSelector, all)
  return [
    ...missing(chosen, 'chooses no pod'),
    ...endpoints.flatMap(({ port }) =>
      chosen.some((workload) => hasPort(workload, port)) ? [] : [`no pod that it chooses has the port ${port}`],
    ),
  ]
}

function headlessFindings(spec: Readonly<Record<string, unknown>>, manifests: readonly Manifest[]): string[] {
  const service = manifests.find(({ kind, metadata }) => kind === 'Service' && metadata.name === spec.serviceName)
  if (!service) return [`names the Service ${spec.serviceName}, which is not there`]
  const template = spec.template as { metadata?: { labels?: Record<string, string> } }
  return selects({ matchLabels: service.spec?.selector as Record<string, string> }, template.metadata?.labels ?? {})
    ? []
    : [`the Service ${spec.serviceName} does not choose its pods`]
}

function backendFindings(spec: Readonly<Record<string, unknown>>, manifests: readonly Manifest[]): string[] {
  return backends(spec).flatMap(({ name, port }) => {
    const service = manifests.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name)
    if (!service) return [`leads to the Service ${name}, which is not there`]
    const ports = service.spec?.ports as ServicePort[]
    return ports.some((each) => each.port === port || each.name === port)
      ? []
      : [`the Service ${name} has no port ${port}`]
  })
}

function backends(spec: Readonly<Record<string, unknown>>): { name: string; port: number | string | undefined }[] {
  const rules = spec.rules as {
    http?: { paths: { backend: { service: { name: string; port: { name?: string; number?: number } } } }[] }
    backendRefs?: { name: string; port: number }[]
  }[]
  return rules.flatMap(({ http, backendRefs = [] }) => [
    ...backendRefs,
    ...(http?.paths ?? []).map(({ backend: { service } }) => ({
      name: service.name,
      port: service.port.number ?? service.port.name,
    })),
  ])
}

function selectorFindings(workload: Workload, all: readonly Workload[]): Finding[] {
  if (!workload.selector) return []
  const title = titleOf(workload.manifest)
  const strangers = choose(workload.selector, all).filter((other) => other !== workload)
  const spread = workload.pod.topologySpreadConstraints ?? []
  return [
    ...(selects(workload.selector, workload.labels) ? [] : [`${title}: does not choose its own pods`]),
    ...strangers.map((other) => `${title}: chooses pods of ${titleOf(other.manifest)}, too`),
    ...(spread.every(({ labelSelector }) => selects(labelSelector, workload.labels))
      ? []
      : [`${title}: is spread among pods that are not its own`]),
  ]
}

function duplicates(manifests: readonly Manifest[]): Finding[] {
  const titles = manifests.map((manifest) => `${manifest.apiVersion} ${titleOf(manifest)}`)
  return titles.filter((title, index) => titles.indexOf(title) !== index).map((title) => `${title}: is there twice`)
}

/** Secrets that the chart makes up must stand nowhere but in the Secret. */
function generatedSecrets(manifests: readonly Manifest[]): Finding[] {
  const values = manifests
    .filter(({ kind }) => kind === 'Secret')
    .flatMap(({ data = {}, stringData = {} }) => [
      ...Object.values(data).flatMap((value) => [value, Buffer.from(value, 'base64').toString()]),
      ...Object.values(stringData),
    ])
  return manifests
    .filter(({ kind }) => kind !== 'Secret')
    .filter((manifest) => values.some((value) => JSON.stringify(manifest).includes(value)))
    .map((manifest) => `${titleOf(manifest)}: shows what a Secret holds`)
}

function choose(selector: LabelSelector | undefined, all: readonly Workload[]): Workload[] {
  return all.filter((workload) => podLabels(workload).some((labels) => selects(selector, labels)))
}

/** The labels of each pod: Kubernetes itself adds some to those of StatefulSets. */
function podLabels({ manifest: { kind, metadata, spec }, labels }: Workload): Labels[] {
  if (kind !== 'StatefulSet') return [labels]
  return Array.from({ length: (spec?.replicas as number | undefined) ?? 1 }, (_, index) => ({
    ...labels,
    'statefulset.kubernetes.io/pod-name': `${metadata.name}-${index}`,
    'apps.kubernetes.io/pod-index': String(index),
  }))
}

function hasPort({ pod }: Workload, port: number | string): boolean {
  return pod.containers.some(({ ports = [] }) =>
    ports.some(({ name, containerPort }) => name === port || containerPort === port),
  )
}

function missing(chosen: readonly unknown[], complaint: string): string[] {
  return chosen.length === 0 ? [complaint] : []
}
