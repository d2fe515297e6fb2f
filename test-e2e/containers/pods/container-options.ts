import { chmod, chown, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { filesOf, type Manifest } from './manifests.ts'
import type { Container, PodSpec, Volume } from './pod-manifest.ts'

/** What a pod is told about itself (the downward API). */
export interface PodFacts {
  readonly name: string
  readonly namespace: string
  readonly address: string
  /** Where its node is. */
  readonly nodeAddress: string
  /** Of a StatefulSet's pod. */
  readonly index: number | undefined
}

/** The environment of a container, in the order of its manifest. */
export function environmentOf(container: Container, facts: PodFacts, all: readonly Manifest[]): Map<string, string> {
  const environment = new Map<string, string>()
  for (const { name, value, valueFrom } of container.env) {
    if (valueFrom === undefined) environment.set(name, expanded(value ?? '', environment))
    else if ('fieldRef' in valueFrom) environment.set(name, fieldOf(facts, valueFrom.fieldRef.fieldPath))
    else {
      const [kind, from] =
        'secretKeyRef' in valueFrom
          ? (['Secret', valueFrom.secretKeyRef] as const)
          : (['ConfigMap', valueFrom.configMapKeyRef] as const)
      const content = filesOf(all, kind, from.name)?.get(from.key)
      if (content === undefined) throw new Error(`there is no ${kind} ${from.name} with ${from.key}`)
      environment.set(name, content.toString('utf8'))
    }
  }
  return environment
}

/** Puts variables in the place of `$(NAME)`; what is no variable stays as it is, and `$$` is one dollar (core/v1 Container). */
export function expanded(text: string, environment: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\$|\$\(([A-Za-z_][A-Za-z0-9_]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? '$' : (environment.get(name) ?? whole),
  )
}

/** Options of `docker create` for what a container may do, and how much it may use. */
export function securityOptions(container: Container, pod: PodSpec['securityContext']): string[] {
  const { securityContext: own, resources } = container
  const user = own.runAsUser ?? pod.runAsUser
  const group = own.runAsGroup ?? pod.runAsGroup
  if (user === undefined || user === 0) throw new Error(`container ${container.name} would run as root`)
  const { limits = {} } = resources ?? {}
  const memory = limits.memory === undefined ? undefined : bytesOf(limits.memory)
  return [
    `--user=${user}:${group ?? 0}`,
    ...(pod.fsGroup === undefined ? [] : [`--group-add=${pod.fsGroup}`]),
    ...(own.readOnlyRootFilesystem ? ['--read-only'] : []),
    ...own.capabilities.drop.map((name) => `--cap-drop=${name}`),
    ...own.capabilities.add.map((name) => `--cap-add=${name}`),
    ...(own.allowPrivilegeEscalation ? [] : ['--security-opt=no-new-privileges']),
    ...(memory === undefined ? [] : [`--memory=${memory}`, `--memory-swap=${memory}`]),
    ...(limits.cpu === undefined ? [] : [`--cpus=${coresOf(limits.cpu)}`]),
  ]
}

/** Writes what a pod's volumes hold into `folder`, and gives the options of `docker create` that mount them. */
export async function mountOptions(
  spec: PodSpec,
  container: Container,
  { folder, all, claims }: { folder: string; all: readonly Manifest[]; claims: (claim: string) => Promise<string> },
): Promise<string[]> {
  const group = spec.securityContext.fsGroup
  const options: string[] = []
  for (const { name, mountPath, subPath, readOnly } of container.volumeMounts) {
    const volume = spec.volumes.find((one) => one.name === name)
    const claim = volume === undefined ? name : volume.persistentVolumeClaim?.claimName
    const source = claim === undefined ? join(folder, name) : await claims(claim)
    if (claim !== undefined || volume?.emptyDir) await emptyFolder(source, group)
    else if (volume) await writeFiles(volume, source, all, group)
    const isWritable = (claim !== undefined || volume?.emptyDir !== undefined) && !readOnly
    options.push(
      `--volume=${subPath === undefined ? source : join(source, subPath)}:${mountPath}${isWritable ? '' : ':ro'}`,
    )
  }
  return options
}

async function writeFiles(
  volume: Volume,
  folder: string,
  all: readonly Manifest[],
  group: number | undefined,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const mode = volume.configMap?.defaultMode ?? volume.secret?.defaultMode ?? volume.projected?.defaultMode
  for (const { kind, name, items, optional } of sourcesOf(volume)) {
    const files = filesOf(all, kind, name)
    if (files === undefined && optional) continue
    const wanted = items ?? [...(files?.keys() ?? [])].map((key) => ({ key, path: key, mode: undefined }))
    for (const { key, path, mode: ownMode } of wanted) {
      const content = files?.get(key)
      if (content === undefined) throw new Error(`there is no ${kind} ${name} with ${key}`)
      const file = join(folder, path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
      // A kubelet lets the group of the pod's files read them.
      await chmod(file, (ownMode ?? mode ?? 0o644) | (group === undefined ? 0 : 0o440))
      await chown(file, 0, group ?? 0)
    }
  }
}

interface Source {
  readonly kind: 'ConfigMap' | 'Secret'
  readonly name: string
  readonly items?: NonNullable<Volume['secret']>['items']
  readonly optional: boolean
}

function sourcesOf({ name, configMap, secret, projected }: Volume): Source[] {
  if (configMap) return [{ kind: 'ConfigMap', ...configMap }]
  if (secret) return [{ kind: 'Secret', ...secret, name: secret.secretName }]
  if (projected) {
    return projected.sources.map((source) =>
      'secret' in source ? { kind: 'Secret', ...source.secret } : { kind: 'ConfigMap', ...source.configMap },
    )
  }
  throw new Error(`volume ${name} is of no kind that is carried out here`)
}

/** Writable as the kubelet makes it: to the pod's group, or to everybody. */
async function emptyFolder(folder: string, group: number | undefined): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chown(folder, 0, group ?? 0)
  await chmod(folder, group === undefined ? 0o777 : 0o2775)
}

function fieldOf({ name, namespace, address, nodeAddress, index }: PodFacts, path: string): string {
  if (path === 'metadata.name') return name
  if (path === 'metadata.namespace') return namespace
  if (path === 'status.podIP') return address
  if (path === 'status.hostIP') return nodeAddress
  if (path === 'spec.nodeName') return 'docker'
  if (index === undefined) throw new Error(`${name} is no pod of a StatefulSet, and has no number`)
  return String(index)
}

const units: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, k: 1e3, M: 1e6, G: 1e9 }

function bytesOf(amount: string | number): number {
  const [, number = '', unit = ''] = /^([0-9.]+)([KMGkm]?i?)$/.exec(String(amount)) ?? []
  const factor = unit === '' ? 1 : units[unit]
  if (number === '' || factor === undefined) throw new Error(`not an amount of memory: ${amount}`)
  return Number(number) * factor
}

function coresOf(amount: string | number): number {
  const text = String(amount)
  return text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text)
}
