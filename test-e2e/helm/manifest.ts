/** An object of Kubernetes as the chart writes it, which kubeconform has compared with the schema of its kind. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: Metadata
  readonly spec?: Readonly<Record<string, unknown>>
  readonly data?: Readonly<Record<string, string>>
  readonly stringData?: Readonly<Record<string, string>>
  readonly automountServiceAccountToken?: boolean
}

export type Labels = Readonly<Record<string, string>>

export interface Metadata {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Labels
  readonly annotations?: Labels
}

export interface LabelSelector {
  readonly matchLabels?: Labels
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
    readonly values?: readonly string[]
  }[]
}

export interface Probe {
  readonly httpGet?: { readonly port: number | string }
  readonly tcpSocket?: { readonly port: number | string }
  readonly exec?: object
}

export interface SecurityContext {
  readonly runAsNonRoot?: boolean
  readonly runAsUser?: number
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly readOnlyRootFilesystem?: boolean
  readonly seccompProfile?: { readonly type: string }
  readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] }
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[]
  readonly resources?: { readonly requests?: Labels; readonly limits?: Labels }
  readonly securityContext?: SecurityContext
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly startupProbe?: Probe
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[]
}

export interface Volume {
  readonly name: string
  readonly configMap?: { readonly name: string }
  readonly secret?: { readonly secretName: string; readonly items?: readonly { key: string; path: string }[] }
  readonly hostPath?: object
}

export interface PodSpec {
  readonly serviceAccountName?: string
  readonly automountServiceAccountToken?: boolean
  readonly hostNetwork?: boolean
  readonly hostPID?: boolean
  readonly hostIPC?: boolean
  readonly securityContext?: SecurityContext
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly topologySpreadConstraints?: readonly { readonly labelSelector?: LabelSelector }[]
}

/** What makes pods, and the pods that it makes. */
export interface Workload {
  readonly manifest: Manifest
  readonly labels: Labels
  readonly pod: PodSpec
  /** Absent for what chooses its pods itself: Jobs, and single pods. */
  readonly selector?: LabelSelector
  /** Whether its pods are to run for ever. */
  readonly isLongRunning: boolean
  /** Names of volumes that each pod gets for itself. */
  readonly claims: readonly string[]
}

const longRunning = new Set(['Deployment', 'StatefulSet', 'DaemonSet'])

/** All that makes pods, and pods that are there by themselves. */
export function workloads(manifests: readonly Manifest[]): Workload[] {
  return manifests.flatMap((manifest) => {
    if (manifest.kind === 'Pod')
      return [workload(manifest, manifest.metadata.labels ?? {}, manifest.spec as unknown as PodSpec)]
    const template = manifest.spec?.template as { metadata?: Partial<Metadata>; spec: PodSpec } | undefined
    return template?.spec?.containers ? [workload(manifest, template.metadata?.labels ?? {}, template.spec)] : []
  })
}

function workload(manifest: Manifest, labels: Labels, pod: PodSpec): Workload {
  const isLongRunning = longRunning.has(manifest.kind)
  const claims = (manifest.spec?.volumeClaimTemplates ?? []) as { metadata: Metadata }[]
  return {
    manifest,
    labels,
    pod,
    isLongRunning,
    claims: claims.map(({ metadata }) => metadata.name),
    ...(isLongRunning && { selector: manifest.spec?.selector as LabelSelector }),
  }
}

/** Whether `selector` chooses what has `labels`; an empty one chooses everything, none chooses nothing. */
export function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (!selector) return false
  const { matchLabels = {}, matchExpressions = [] } = selector
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      if (operator === 'Exists') return value !== undefined
      if (operator === 'DoesNotExist') return value === undefined
      return operator === 'In' ? value !== undefined && values.includes(value) : !values.includes(value ?? '')
    })
  )
}

/** Kind and name, for people. */
export function titleOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`
}
