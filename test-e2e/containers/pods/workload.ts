import { isDeepStrictEqual } from 'node:util'
import { pause } from '../../cluster/pause.ts'
import { allDone } from './all-done.ts'
import type { ManifestOf } from './manifests.ts'
import { Pod, type PodOrder, type PodSurroundings } from './pod.ts'

type Deployment = ManifestOf<'Deployment'>
type StatefulSet = ManifestOf<'StatefulSet'>

/** Pods that are made and replaced as one manifest says. */
export interface Workload {
  /** As many as there are, also those that are about to be replaced. */
  readonly pods: readonly Pod[]
  /** Resolves once all pods are as the manifest has it, and ready. */
  apply(surroundings: PodSurroundings): Promise<void>
  /** Ends all pods at once, whatever they do. */
  remove(): Promise<void>
}

/** Rolls a Deployment's pods: never more than `maxSurge` too many, never fewer ready than all but `maxUnavailable`. */
export class DeploymentPods implements Workload {
  pods: Pod[] = []
  manifest: Deployment
  #made = 0

  constructor(manifest: Deployment) {
    this.manifest = manifest
  }

  async apply(surroundings: PodSurroundings): Promise<void> {
    const { replicas, template, strategy } = this.manifest.spec
    const isOld = (pod: Pod): boolean => !isDeepStrictEqual(pod.template, template)
    if (strategy.type === 'Recreate') {
      await allDone(this.pods.filter(isOld).map((pod) => this.#end(pod)))
      await this.#make(replicas - this.pods.length, surroundings)
      return
    }
    const { maxSurge, maxUnavailable } = strategy.rollingUpdate
    const [surge, unavailable] = [share(maxSurge, replicas, 'up'), share(maxUnavailable, replicas, 'down')]
    const ends: Promise<void>[] = []
    for (;;) {
      const old = this.pods.filter(isOld)
      const missing = replicas - (this.pods.length - old.length)
      const room = Math.min(missing, replicas + surge - this.pods.length)
      await this.#make(room, surroundings)
      const spare = this.pods.filter(({ isReady }) => isReady).length - (replicas - unavailable)
      const leaving = old.slice(0, Math.max(0, spare))
      if (leaving.length === 0 && room <= 0) break
      ends.push(...leaving.map((pod) => this.#end(pod)))
    }
    await allDone(ends)
    if (this.pods.some(isOld)) throw new Error(`${this.manifest.metadata.name} cannot go on`)
  }

  async remove(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.remove()))
    this.pods = []
  }

  /** Resolves once so many more are ready. */
  async #make(count: number, surroundings: PodSurroundings): Promise<void> {
    const { metadata, spec } = this.manifest
    const made = Array.from({ length: Math.max(0, count) }, async () => {
      this.#made += 1
      const pod = await Pod.start({ name: `${metadata.name}-${this.#made}`, template: spec.template }, surroundings)
      this.pods.push(pod)
      await pod.ready()
    })
    await allDone(made)
    if (made.length > 0) await pause(spec.minReadySeconds * 1000)
  }

  /** One that is on its way out does not count any more, as in Kubernetes. */
  async #end(pod: Pod): Promise<void> {
    this.pods = this.pods.filter((one) => one !== pod)
    await pod.stop()
  }
}

/** Rolls a StatefulSet's pods: from the last to the first, each gone before it is made anew, and ready before the next goes. */
export class StatefulSetPods implements Workload {
  pods: Pod[] = []
  manifest: StatefulSet

  constructor(manifest: StatefulSet) {
    this.manifest = manifest
  }

  async apply(surroundings: PodSurroundings): Promise<void> {
    const { replicas, template, podManagementPolicy, minReadySeconds } = this.manifest.spec
    const missing = Array.from({ length: replicas }, (_, index) => index).slice(this.pods.length)
    if (podManagementPolicy === 'Parallel') {
      const made = await allDone(missing.map((index) => Pod.start(this.#order(index), surroundings)))
      this.pods.push(...made)
      await Promise.all(made.map((pod) => pod.ready()))
    } else {
      for (const index of missing) {
        const pod = await Pod.start(this.#order(index), surroundings)
        this.pods.push(pod)
        await pod.ready()
      }
    }
    for (const [index, pod] of [...this.pods.entries()].reverse()) {
      if (isDeepStrictEqual(pod.template, template)) continue
      await pod.stop()
      const made = await Pod.start(this.#order(index), surroundings)
      this.pods[index] = made
      await made.ready()
      await pause(minReadySeconds * 1000)
    }
  }

  async remove(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.remove()))
    this.pods = []
  }

  #order(index: number): PodOrder {
    const { metadata, spec } = this.manifest
    const claims = spec.volumeClaimTemplates.map((claim) => claim.metadata.name)
    return {
      name: `${metadata.name}-${index}`,
      template: spec.template,
      member: { index, serviceName: spec.serviceName, claims },
    }
  }
}

/** A number of pods, or a share of all of them (apps/v1: maxSurge is rounded up, maxUnavailable down). */
function share(amount: string | number, all: number, round: 'up' | 'down'): number {
  if (typeof amount === 'number') return amount
  const part = (all * Number.parseInt(amount, 10)) / 100
  return round === 'up' ? Math.ceil(part) : Math.floor(part)
}
