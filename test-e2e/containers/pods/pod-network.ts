import { docker, inNetworkOf } from './docker.ts'
import { type Manifest, manifestsOf, matches, type NetworkPolicy } from './manifests.ts'
import { pauseImage } from './pause-image.ts'
import { filterRules, type PodOnNetwork } from './policy-rules.ts'
import { type ServiceOnNetwork, serviceChain, serviceRules } from './service-rules.ts'
import { runLabel } from './warden.ts'

/** NOTE: of 10.0.0.0/8, which Docker itself takes last; Services have addresses that no machine has. */
const podsPrefix = '10.241'
const outsidePrefix = '10.242.0'
const servicesPrefix = '10.243.0'
const restore = 'iptables-restore'

/** What a pod is to be on the network. */
export interface NewPod {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly ports: ReadonlyMap<string, number>
  /** The headless Service that names it, if it is of a StatefulSet. */
  readonly serviceName: string | undefined
}

/** A pod that has an address; `isReady` decides whether Services lead to it. */
export interface PodAddress extends PodOnNetwork {
  isReady: boolean
  /** The container that holds its network. */
  readonly container: string
  readonly pid: number
}

/**
 * The network of a cluster: each pod has one address, Services have theirs, and what no NetworkPolicy allows does not connect. All of it is packet
 * filters and translations in the pods' own networks, as network plug-ins and kube-proxy make them; for that we must be root.
 *
 * NOTE: not as in Kubernetes: the name of a headless Service leads to all of its pods, ready or not.
 */
export class PodNetwork implements AsyncDisposable {
  /** Where those outside of the cluster are: an address of this machine. */
  readonly outside = `${outsidePrefix}.1`
  /** Where probes come from: the machine's address on the network of the pods. */
  readonly node = `${podsPrefix}.0.1`
  readonly namespace: string
  readonly #run: string
  readonly #pods = new Set<PodAddress>()
  #policies: readonly NetworkPolicy[] = []
  #services: readonly ServiceOnNetwork[] = []
  #headless: readonly ServiceOnNetwork['service'][] = []
  #nextPod = 256
  #last: Promise<unknown> = Promise.resolve()
  #next: Promise<void> | undefined

  private constructor(run: string, namespace: string) {
    this.#run = run
    this.namespace = namespace
  }

  static async open(run: string, namespace: string): Promise<PodNetwork> {
    const network = new PodNetwork(run, namespace)
    await network.#create('pods', `${podsPrefix}.0.0/16`)
    // NOTE: or whatever comes from there would have the address of the node, which may do more.
    await network.#create(
      'outside',
      `${outsidePrefix}.0/24`,
      '--opt=com.docker.network.bridge.enable_ip_masquerade=false',
    )
    return network
  }

  /** Takes the Services and policies of `all` for its own. */
  async take(all: readonly Manifest[]): Promise<void> {
    this.#policies = manifestsOf(all, 'NetworkPolicy')
    const services = manifestsOf(all, 'Service')
    this.#headless = services.filter(({ spec }) => spec.clusterIP === 'None')
    const known = new Map(this.#services.map(({ service, address }) => [service.metadata.name, address]))
    this.#services = services
      .filter(({ spec }) => spec.clusterIP !== 'None')
      .map((service, index) => ({
        service,
        address: known.get(service.metadata.name) ?? `${servicesPrefix}.${1 + known.size + index}`,
      }))
    await this.changed()
  }

  /** Gives a pod an address; whatever policies say holds from its first moment on. */
  async join({ name, labels, ports, serviceName }: NewPod): Promise<PodAddress> {
    const address = `${podsPrefix}.${this.#nextPod >> 8}.${this.#nextPod & 255}`
    this.#nextPod += 1
    const container = `${this.#run}-${name}-network`
    const headless = this.#headless.filter(({ spec }) => matches(spec.selector, labels)).map((one) => one.metadata.name)
    const own = serviceName === undefined ? [] : [`${name}.${serviceName}`]
    const aliases = [...headless, ...own].flatMap((alias) => this.#namesOf(alias))
    const hosts = this.#services.flatMap((one) =>
      this.#namesOf(one.service.metadata.name).map((alias) => `--add-host=${alias}:${one.address}`),
    )
    const where = [`--network=${this.#run}-pods`, `--ip=${address}`, `--hostname=${name}`]
    const named = aliases.map((alias) => `--network-alias=${alias}`)
    const what = [`--name=${container}`, `--label=${runLabel}=${this.#run}`]
    await docker('run', '--detach', ...what, ...where, ...named, ...hosts, pauseImage)
    const pid = Number(await docker('inspect', '--format={{.State.Pid}}', container))
    await inNetworkOf(pid, [restore, '--noflush'], serviceChain)
    const pod: PodAddress = { labels, ports, address, container, pid, isReady: false }
    this.#pods.add(pod)
    await this.changed()
    return pod
  }

  async leave(pod: PodAddress): Promise<void> {
    this.#pods.delete(pod)
    await this.changed()
    await docker('rm', '--force', pod.container)
  }

  /** Carries out what has changed, who there is and who is ready; changes that wait for others to be carried out are carried out together. */
  async changed(): Promise<void> {
    this.#next ??= this.#last.then(async () => {
      this.#next = undefined
      await this.#carryOut()
    })
    const work = this.#next
    this.#last = work.catch(() => undefined)
    await work
  }

  /** The pods that a Service leads to now, and their port for its port `name`. */
  endpoints(serviceName: string, name: string): { readonly host: string; readonly port: number }[] {
    const service = this.#services.find((one) => one.service.metadata.name === serviceName)?.service
    const port = service?.spec.ports.find((one) => one.name === name)
    if (!service || !port) throw new Error(`there is no Service ${serviceName} with a port ${name}`)
    const target = port.targetPort ?? port.port
    const behind = [...this.#pods].filter(({ isReady, labels }) => isReady && matches(service.spec.selector, labels))
    return behind.map(({ address, ports }) => {
      const number = typeof target === 'number' ? target : ports.get(target)
      if (number === undefined) throw new Error(`a pod of ${serviceName} has no port ${target}`)
      return { host: address, port: number }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    const left = await docker('ps', '--all', '--quiet', `--filter=label=${runLabel}=${this.#run}`)
    if (left !== '') await docker('rm', '--force', '--volumes', ...left.split('\n'))
    for (const name of ['pods', 'outside']) await docker('network', 'rm', `${this.#run}-${name}`)
  }

  async #carryOut(): Promise<void> {
    const pods = [...this.#pods]
    const translations = serviceRules(
      this.#services,
      pods.filter(({ isReady }) => isReady),
    )
    const facts = { pods, policies: this.#policies, node: this.node }
    await Promise.all(
      pods.map(async (pod) => {
        await inNetworkOf(pod.pid, [restore, '--noflush'], `${filterRules(pod, facts)}${translations}`)
      }),
    )
  }

  /** All names of what is `name` in short. */
  #namesOf(name: string): string[] {
    const space = `${name}.${this.namespace}`
    return [name, space, `${space}.svc`, `${space}.svc.cluster.local`]
  }

  async #create(name: string, subnet: string, ...options: readonly string[]): Promise<void> {
    const label = `--label=${runLabel}=${this.#run}`
    await docker('network', 'create', label, ...options, `--subnet=${subnet}`, `${this.#run}-${name}`)
  }
}
