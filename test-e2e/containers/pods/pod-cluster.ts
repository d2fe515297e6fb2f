import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { createWorkFolder } from '../../work-folder.ts'
import { allDone } from './all-done.ts'
import { type Manifest, manifestsOf } from './manifests.ts'
import { makePauseImage } from './pause-image.ts'
import { Pod, type PodSurroundings } from './pod.ts'
import type { PodTemplate } from './pod-manifest.ts'
import { PodNetwork } from './pod-network.ts'
import { removeAfterUs } from './warden.ts'
import { DeploymentPods, StatefulSetPods, type Workload } from './workload.ts'

/** What is done with a release; hooks run before and after it (see "Chart Hooks" of Helm's documentation). */
export type Action = 'install' | 'upgrade' | 'rollback'

/** What a Job or a test has left behind. */
export interface Ended {
  readonly name: string
  readonly code: number
  readonly log: string
}

const namespace = 'parley'
const hookAnnotation = 'helm.sh/hook'

/**
 * Runs what manifests say in containers of this machine's Docker engine: pods with their rights, volumes, probes and ends; Services; network
 * policies; rolling updates. NOTE: this is not a Kubernetes: nothing is scheduled, and what is not carried out is refused (`readManifests`).
 */
export class PodCluster implements AsyncDisposable {
  readonly network: PodNetwork
  readonly #run: string
  readonly #folder: string
  readonly #open: AsyncDisposableStack
  readonly #workloads = new Map<string, DeploymentPods | StatefulSetPods>()
  #manifests: readonly Manifest[] = []

  private constructor(
    { run, network, folder }: Pick<PodSurroundings, 'run' | 'network' | 'folder'>,
    open: AsyncDisposableStack,
  ) {
    this.#run = run
    this.network = network
    this.#folder = folder
    this.#open = open
  }

  static async open(): Promise<PodCluster> {
    await using open = new AsyncDisposableStack()
    const run = `parley-${randomBytes(3).toString('hex')}`
    const warden = removeAfterUs(run)
    open.defer(() => void warden.kill('SIGKILL'))
    await makePauseImage()
    const folder = await createWorkFolder('pods')
    open.defer(() => rm(folder, { recursive: true, maxRetries: 5 }))
    const network = open.use(await PodNetwork.open(run, namespace))
    const cluster = new PodCluster({ run, network, folder }, open.move())
    return cluster
  }

  /** Makes everything as `manifests` say, as Helm does; resolves once all is ready. */
  async apply(manifests: readonly Manifest[], action: Action): Promise<void> {
    this.#manifests = manifests
    await this.network.take(manifests)
    await this.#succeed(`pre-${action}`)
    for (const manifest of manifestsOf(manifests, 'Deployment')) {
      const known = this.#workloads.get(manifest.metadata.name)
      if (known instanceof DeploymentPods) known.manifest = manifest
      else this.#workloads.set(manifest.metadata.name, new DeploymentPods(manifest))
    }
    for (const manifest of manifestsOf(manifests, 'StatefulSet')) {
      const known = this.#workloads.get(manifest.metadata.name)
      if (known instanceof StatefulSetPods) known.manifest = manifest
      else this.#workloads.set(manifest.metadata.name, new StatefulSetPods(manifest))
    }
    await allDone([...this.#workloads.values()].map((workload) => workload.apply(this.#surroundings)))
    await this.#succeed(`post-${action}`)
  }

  /** The pods of a workload, in their order. */
  podsOf(workload: string): readonly Pod[] {
    const found = this.#workloads.get(workload)
    if (!found) throw new Error(`there is no ${workload} among ${[...this.#workloads.keys()]}`)
    return found.pods
  }

  get pods(): readonly Pod[] {
    return [...this.#workloads.values()].flatMap(({ pods }: Workload) => pods)
  }

  /** Runs a chart's hooks for an event, such as `test`, to their ends, one after another. */
  async runHooks(event: string): Promise<Ended[]> {
    const ended: Ended[] = []
    for (const { name, template } of hooksOf(this.#manifests, event)) ended.push(await this.runToEnd(name, template))
    return ended
  }

  /** Runs one pod that ends by itself. */
  async runToEnd(name: string, template: PodTemplate): Promise<Ended> {
    const pod = await Pod.start({ name, template }, this.#surroundings)
    try {
      const code = await pod.ended()
      return { name, code, log: await pod.log() }
    } finally {
      await pod.remove()
    }
  }

  /** What was complained of, restarts included, and the ends of all logs: for the report of a failed test. */
  async report(): Promise<string> {
    const complaints = this.pods.flatMap((pod) => pod.complaints)
    const logs = await Promise.all(this.pods.map((pod) => pod.log()))
    return [...complaints, ...logs].join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#workloads.values()].map((workload) => workload.remove()))
    await this.#open.disposeAsync()
  }

  get #surroundings(): PodSurroundings {
    return { run: this.#run, network: this.network, folder: this.#folder, manifests: this.#manifests }
  }

  async #succeed(event: string): Promise<void> {
    const failed = (await this.runHooks(event)).filter(({ code }) => code !== 0)
    if (failed.length > 0) throw new Error(`${event} failed:\n${failed.map(({ log }) => log).join('\n')}`)
  }
}

function hooksOf(manifests: readonly Manifest[], event: string): { name: string; template: PodTemplate }[] {
  const isHook = ({ metadata }: Pick<Manifest, 'metadata'>): boolean =>
    (metadata.annotations[hookAnnotation] ?? '').split(',').some((one) => one.trim() === event)
  const weightOf = ({ metadata }: Pick<Manifest, 'metadata'>): number =>
    Number(metadata.annotations['helm.sh/hook-weight'] ?? 0)
  const jobs = manifestsOf(manifests, 'Job').map(({ spec, ...job }) => ({ ...job, template: spec.template }))
  const pods = manifestsOf(manifests, 'Pod').map(({ spec, ...pod }) => ({
    ...pod,
    template: { metadata: pod.metadata, spec },
  }))
  const hooks = [...jobs, ...pods].filter(isHook).sort((one, other) => weightOf(one) - weightOf(other))
  return hooks.map(({ metadata, template }) => ({ name: metadata.name, template }))
}
