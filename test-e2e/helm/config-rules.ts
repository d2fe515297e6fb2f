import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadClusterConfig } from '@parley/server'
import { parse } from 'yaml'
import { type Container, type Manifest, titleOf, type Volume, type Workload, workloads } from './manifest.ts'
import type { Finding } from './pod-rules.ts'

/** The sections whose files each role reads. */
const sectionsOf: Readonly<Record<string, readonly string[]>> = {
  router: ['listen', 'users', 'redis', 'cluster', 'federation', 'directory'],
  home: ['redis', 'nats', 'cluster'],
  sync: ['redis', 'users', 'directory'],
  migrate: ['redis'],
}
const secretsFolder = '/run/secrets/parley/'

/** What Parley itself does not accept in its configuration, and files that it names but that its container does not have. */
export function configFindings(manifests: readonly Manifest[]): Finding[] {
  return workloads(manifests).flatMap((workload) =>
    workload.pod.containers.flatMap((container) => {
      const [role = '', ...flags] = container.args ?? []
      const sections = sectionsOf[role]
      if (!sections) return []
      const text = mountedFile(manifests, workload, container, flagOf(flags, '--config') ?? '')
      const findings =
        text === undefined ? ['has no configuration'] : check(text, sections, { flags, workload, container })
      return findings.map((finding) => `${titleOf(workload.manifest)}: ${finding}`)
    }),
  )
}

interface Reader {
  readonly flags: readonly string[]
  readonly workload: Workload
  readonly container: Container
}

function check(text: string, sections: readonly string[], { flags, workload, container }: Reader): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'parley-chart-config-'))
  const file = join(folder, 'cluster.yaml')
  writeFileSync(file, text)
  try {
    const name = flagOf(flags, '--name')
    loadClusterConfig({
      config: file,
      name: name === undefined ? undefined : [name],
      advertise: flagOf(flags, '--advertise'),
    })
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  } finally {
    rmSync(folder, { recursive: true })
  }
  const config = parse(text) as Record<string, unknown>
  return sections
    .flatMap((section) => namedFiles(config[section]))
    .filter((path) => !isMounted(path, container, workload.pod.volumes ?? []))
    .map((path) => `names ${path}, which its container does not have`)
}

/** What follows a flag, with what Kubernetes puts in for the first pod. */
function flagOf(flags: readonly string[], name: string): string | undefined {
  const index = flags.indexOf(name)
  return index < 0 ? undefined : flags[index + 1]?.replace(/\$\([A-Z_]+\)/g, '0')
}

function mountedFile(
  manifests: readonly Manifest[],
  { pod }: Workload,
  { volumeMounts = [] }: Container,
  path: string,
): string | undefined {
  const mount = volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`))
  const volume = pod.volumes?.find(({ name }) => name === mount?.name)
  const map = manifests.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === volume?.configMap?.name)
  return map?.data?.[path.slice((mount?.mountPath ?? '').length + 1)]
}

function namedFiles(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith(secretsFolder) ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(namedFiles) : []
}

function isMounted(path: string, { volumeMounts = [] }: Container, volumes: readonly Volume[]): boolean {
  const mount = volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`))
  if (!mount) return false
  const items = volumes.find(({ name }) => name === mount.name)?.secret?.items
  return items === undefined || items.some((item) => path === `${mount.mountPath}/${item.path}`)
}
