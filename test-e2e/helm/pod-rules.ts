import { type Container, type Manifest, type Probe, titleOf, type Workload, workloads } from './manifest.ts'

/** What a rule does not accept, in words; it begins with the object. */
export type Finding = string

/** Objects that are not in the release, and that somebody else makes. */
export interface Outside {
  readonly secrets: ReadonlySet<string>
  readonly serviceAccounts: ReadonlySet<string>
}

/** How pods must be: as the restricted Pod Security Standard of Kubernetes wants them, and a little more. */
export function podFindings(manifests: readonly Manifest[], outside: Outside): Finding[] {
  return workloads(manifests).flatMap((workload) => [
    ...prefixed(titleOf(workload.manifest), [...podSecurity(workload), ...references(workload, manifests, outside)]),
    ...containers(workload).flatMap((container) =>
      prefixed(`${titleOf(workload.manifest)}, container ${container.name}`, [
        ...containerSecurity(container, workload),
        ...imageFindings(container),
        ...resourceFindings(container),
        ...(workload.isLongRunning && workload.pod.containers.includes(container) ? probeFindings(container) : []),
        ...mountFindings(container, workload),
      ]),
    ),
  ])
}

function containers({ pod }: Workload): readonly Container[] {
  return [...pod.containers, ...(pod.initContainers ?? [])]
}

function podSecurity({ pod }: Workload): Finding[] {
  return found([
    [pod.automountServiceAccountToken !== false, 'mounts a service account’s token'],
    [pod.hostNetwork || pod.hostPID || pod.hostIPC, 'shares the node’s network or processes'],
    [pod.volumes?.some(({ hostPath }) => hostPath !== undefined), 'mounts a folder of the node'],
    [pod.securityContext?.seccompProfile?.type !== 'RuntimeDefault', 'has no seccomp profile'],
  ])
}

function containerSecurity({ securityContext = {} }: Container, { pod }: Workload): Finding[] {
  const { capabilities, privileged, allowPrivilegeEscalation, readOnlyRootFilesystem } = securityContext
  const runAsUser = securityContext.runAsUser ?? pod.securityContext?.runAsUser
  return found([
    [(securityContext.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) !== true, 'may run as root'],
    [runAsUser === 0, 'runs as root'],
    [privileged, 'is privileged'],
    [allowPrivilegeEscalation !== false, 'may gain privileges'],
    [readOnlyRootFilesystem !== true, 'may write to its root file system'],
    [!capabilities?.drop?.includes('ALL'), 'keeps capabilities'],
    [(capabilities?.add ?? []).length > 0, 'adds capabilities'],
  ])
}

function imageFindings({ image }: Container): Finding[] {
  if (/@sha256:[0-9a-f]{64}$/.test(image)) return []
  const tag = /:([^/:]+)$/.exec(image)?.[1]
  return found([
    [tag === undefined, `${image} has no tag`],
    [tag === 'latest', `${image} is a moving target`],
  ])
}

function resourceFindings({ resources }: Container): Finding[] {
  return (['requests', 'limits'] as const).flatMap((kind) =>
    ['cpu', 'memory']
      .filter((resource) => resources?.[kind]?.[resource] === undefined)
      .map((resource) => `has no ${kind} of ${resource}`),
  )
}

function probeFindings(container: Container): Finding[] {
  const probes = { livenessProbe: container.livenessProbe, readinessProbe: container.readinessProbe }
  const ports = new Set(container.ports?.flatMap(({ name, containerPort }) => [name, containerPort]))
  return [
    ...Object.entries(probes).flatMap(([name, probe]) => (probe ? [] : [`has no ${name}`])),
    ...Object.entries({ ...probes, startupProbe: container.startupProbe }).flatMap(([name, probe]) =>
      portsOf(probe).flatMap((port) =>
        ports.has(port) ? [] : [`${name} asks the port ${port}, which it does not have`],
      ),
    ),
  ]
}

function portsOf(probe: Probe | undefined): (string | number)[] {
  return [probe?.httpGet?.port, probe?.tcpSocket?.port].filter((port) => port !== undefined)
}

function mountFindings({ volumeMounts = [] }: Container, { pod, claims }: Workload): Finding[] {
  const volumes = new Set([...(pod.volumes ?? []).map(({ name }) => name), ...claims])
  const paths = volumeMounts.map(({ mountPath }) => mountPath)
  return [
    ...volumeMounts.filter(({ name }) => !volumes.has(name)).map(({ name }) => `mounts ${name}, which is no volume`),
    ...duplicates(paths).map((path) => `mounts two volumes at ${path}`),
  ]
}

function references({ pod, claims }: Workload, manifests: readonly Manifest[], outside: Outside): Finding[] {
  const named = (kind: string): Set<string> =>
    new Set(manifests.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name))
  const [configMaps, secrets, accounts] = [named('ConfigMap'), named('Secret'), named('ServiceAccount')]
  const made = manifests.filter(({ kind }) => kind === 'Certificate' || kind === 'ExternalSecret').map(secretOf)
  const used = new Set(
    [...(pod.containers ?? []), ...(pod.initContainers ?? [])].flatMap(({ volumeMounts = [] }) =>
      volumeMounts.map(({ name }) => name),
    ),
  )
  const { serviceAccountName = 'default', volumes = [] } = pod
  return [
    ...found([
      [
        !accounts.has(serviceAccountName) && !outside.serviceAccounts.has(serviceAccountName),
        `runs as ${serviceAccountName}, which is not there`,
      ],
    ]),
    ...duplicates([...volumes.map(({ name }) => name), ...claims]).map((name) => `has two volumes ${name}`),
    ...volumes.filter(({ name }) => !used.has(name)).map(({ name }) => `has the volume ${name}, which nobody mounts`),
    ...volumes.flatMap(({ configMap, secret }) =>
      found([
        [configMap && !configMaps.has(configMap.name), `needs the ConfigMap ${configMap?.name}, which is not there`],
        [
          secret &&
            !secrets.has(secret.secretName) &&
            !made.includes(secret.secretName) &&
            !outside.secrets.has(secret.secretName),
          `needs the Secret ${secret?.secretName}, which nobody makes`,
        ],
      ]),
    ),
  ]
}

/** The Secret that cert-manager or the External Secrets Operator makes. */
function secretOf({ metadata, spec }: Manifest): string {
  const target = spec?.target as { name?: string } | undefined
  return (spec?.secretName as string | undefined) ?? target?.name ?? metadata.name
}

function duplicates(names: readonly string[]): string[] {
  return names.filter((name, index) => names.indexOf(name) !== index)
}

function found(rules: readonly (readonly [isWrong: unknown, message: string])[]): Finding[] {
  return rules.filter(([isWrong]) => Boolean(isWrong)).map(([, message]) => message)
}

function prefixed(title: string, findings: readonly string[]): Finding[] {
  return findings.map((finding) => `${title}: ${finding}`)
}
