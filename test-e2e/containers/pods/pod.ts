import { join } from 'node:path'
import { pause } from '../../cluster/pause.ts'
import { environmentOf, expanded, mountOptions, securityOptions } from './container-options.ts'
import { docker, lastLines } from './docker.ts'
import type { Manifest } from './manifests.ts'
import type { Container, PodTemplate, Probe } from './pod-manifest.ts'
import type { PodAddress, PodNetwork } from './pod-network.ts'
import { ask } from './probing.ts'
import { runLabel } from './warden.ts'

/** What all pods of a cluster share. */
export interface PodSurroundings {
  /** Names what is made for this run. */
  readonly run: string
  readonly network: PodNetwork
  /** Where volumes are kept. */
  readonly folder: string
  readonly manifests: readonly Manifest[]
}

/** What a pod is made from. */
export interface PodOrder {
  readonly name: string
  readonly template: PodTemplate
  /** Of a StatefulSet's pod: its number, the Service that names it, and its claims of volumes. */
  readonly member?: { readonly index: number; readonly serviceName: string; readonly claims: readonly string[] }
}

/** One pod with one container: what a kubelet makes of its manifest. */
export class Pod {
  readonly name: string
  readonly template: PodTemplate
  readonly container: string
  /** What its kubelet would complain of. */
  readonly complaints: string[] = []
  readonly #surroundings: PodSurroundings
  readonly #spec: Container
  readonly #ending = new AbortController()
  #address: PodAddress | undefined
  #probing: Promise<unknown> = Promise.resolve()
  #ready = Promise.withResolvers<void>()

  private constructor(order: PodOrder, surroundings: PodSurroundings) {
    this.name = order.name
    this.template = order.template
    this.container = `${surroundings.run}-${order.name}`
    this.#surroundings = surroundings
    this.#spec = order.template.spec.containers[0]
  }

  /** Starts it; it need not be ready when this resolves. */
  static async start(order: PodOrder, surroundings: PodSurroundings): Promise<Pod> {
    const pod = new Pod(order, surroundings)
    await pod.#create(order)
    await docker('start', pod.container)
    pod.#probing = pod.#probe().catch((error: Error) => pod.complaints.push(`${pod.name}: ${error.message}`))
    return pod
  }

  get address(): string {
    return this.#onNetwork.address
  }

  /** A process of this machine that has the pod's network and nothing else of it. */
  get networkPid(): number {
    return this.#onNetwork.pid
  }

  get isReady(): boolean {
    return this.#onNetwork.isReady
  }

  /** Resolves once its probes say that it is ready. */
  async ready(patienceMs = 150_000): Promise<void> {
    const late = AbortSignal.timeout(patienceMs)
    const { promise, reject } = Promise.withResolvers<never>()
    late.addEventListener('abort', () => reject(new Error(`${this.name} is not ready`)), { once: true })
    try {
      await Promise.race([this.#ready.promise, promise])
    } catch (error) {
      throw new Error(`${this.name} does not become ready:\n${await this.log()}`, { cause: error })
    }
  }

  /** Resolves with its exit code once its container has ended by itself, as a Job's does. */
  async ended(): Promise<number> {
    return Number(await docker('wait', this.container))
  }

  /** The end of what it has said. */
  async log(): Promise<string> {
    return `== ${this.name}\n${await lastLines(this.container)}`
  }

  /** How often it was started again after it had ended. */
  async restarts(): Promise<number> {
    return Number(await docker('inspect', '--format={{.RestartCount}}', this.container))
  }

  /** Ends it as the kubelet does: out of all Services at once; then SIGTERM, and SIGKILL after its grace period. */
  async stop(): Promise<void> {
    this.#ending.abort()
    await this.#probing
    await this.#setReady(false)
    const { terminationGracePeriodSeconds: grace } = this.template.spec
    await docker('stop', `--time=${grace}`, this.container)
    await this.remove()
  }

  /** Takes all of it away, whatever it does. */
  async remove(): Promise<void> {
    this.#ending.abort()
    await this.#probing
    await docker('rm', '--force', '--volumes', this.container)
    await this.#surroundings.network.leave(this.#onNetwork)
  }

  get #onNetwork(): PodAddress {
    if (!this.#address) throw new Error(`${this.name} has no address yet`)
    return this.#address
  }

  async #create({ name, template, member }: PodOrder): Promise<void> {
    const { run, network, folder, manifests } = this.#surroundings
    const { metadata, spec } = template
    const ports = this.#spec.ports.flatMap((port) =>
      port.name === undefined ? [] : [[port.name, port.containerPort] as const],
    )
    const labels = {
      ...metadata.labels,
      ...(member && {
        'apps.kubernetes.io/pod-index': String(member.index),
        'statefulset.kubernetes.io/pod-name': name,
      }),
    }
    const joining = { name, labels, ports: new Map(ports), serviceName: member?.serviceName }
    this.#address = await network.join(joining)
    const facts = {
      name,
      namespace: network.namespace,
      address: this.address,
      nodeAddress: network.node,
      index: member?.index,
    }
    const environment = environmentOf(this.#spec, facts, manifests)
    const claims = async (claim: string): Promise<string> => {
      if (!member?.claims.includes(claim)) throw new Error(`${name} has no claim ${claim}`)
      return join(folder, 'claims', `${claim}-${name}`)
    }
    const volumes = { folder: join(folder, 'volumes', `${name}-${this.address}`), all: manifests, claims }
    const [program, ...further] = (this.#spec.command ?? []).map((word) => expanded(word, environment))
    const words = [...further, ...this.#spec.args.map((word) => expanded(word, environment))]
    await docker(
      'create',
      `--name=${this.container}`,
      `--label=${runLabel}=${run}`,
      `--network=container:${this.#onNetwork.container}`,
      ...(spec.restartPolicy === 'Never' || spec.restartPolicy === 'OnFailure' ? [] : ['--restart=always']),
      ...securityOptions(this.#spec, spec.securityContext),
      ...(await mountOptions(spec, this.#spec, volumes)),
      ...[...environment].map(([key, value]) => `--env=${key}=${value}`),
      ...(this.#spec.workingDir === undefined ? [] : [`--workdir=${this.#spec.workingDir}`]),
      ...(program === undefined ? [] : [`--entrypoint=${program}`]),
      this.#spec.image,
      ...words,
    )
  }

  async #probe(): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe } = this.#spec
    if (startupProbe) await this.#repeat(startupProbe, async (ok) => !ok && (await this.#live(false)))
    if (this.#ending.signal.aborted) return
    if (!readinessProbe) await this.#setReady(true)
    await Promise.all([
      readinessProbe && this.#repeat(readinessProbe, (ok) => this.#setReady(ok)),
      livenessProbe && this.#repeat(livenessProbe, (ok) => this.#live(ok)),
    ])
  }

  /** Asks again and again; `told` hears what counts as the answer, and says whether to go on. */
  async #repeat(probe: Probe, told: (ok: boolean) => Promise<boolean> | boolean): Promise<void> {
    const { initialDelaySeconds, periodSeconds, failureThreshold } = probe
    const { signal } = this.#ending
    await pause(initialDelaySeconds * 1000, { signal })
    let failures = 0
    while (!signal.aborted) {
      const ok = await ask(probe, this.#onNetwork, this.container)
      failures = ok ? 0 : failures + 1
      const counts = ok || failures >= failureThreshold
      if (counts && !signal.aborted && !(await told(ok))) return
      await pause(periodSeconds * 1000, { signal })
    }
  }

  async #setReady(isReady: boolean): Promise<true> {
    const address = this.#onNetwork
    if (address.isReady === isReady) return true
    address.isReady = isReady
    await this.#surroundings.network.changed()
    if (isReady) this.#ready.resolve()
    else this.#ready = Promise.withResolvers()
    return true
  }

  async #live(ok: boolean): Promise<true> {
    if (ok) return true
    this.complaints.push(`${this.name} does not live any more:\n${await this.log()}`)
    await docker('restart', this.container)
    return true
  }
}
