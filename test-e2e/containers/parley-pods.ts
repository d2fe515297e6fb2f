import { TcpProxy } from '../cluster/tcp-proxy.ts'
import { passwordOf } from '../cluster/users-file.ts'
import { newSecret, renderChart, secret, usersFile, type Values } from './chart.ts'
import type { Manifest } from './pods/manifests.ts'
import { PodCluster } from './pods/pod-cluster.ts'

/** The Service that clients connect to, and its port. */
const clients = ['parley-hq-clients', 'http'] as const

export interface ParleyPodsOptions {
  readonly users: readonly string[]
  /** Tag of the image of Parley that runs first. */
  readonly tag: string
}

/** The chart with three routers and three homes, on trial servers from our own images, with users; and a way in from outside of the cluster. */
export class ParleyPods implements AsyncDisposable {
  readonly domain = 'im.example.com'
  readonly pods: PodCluster
  readonly #proxy: TcpProxy
  readonly #secrets: readonly Manifest[]
  readonly #open: AsyncDisposableStack

  private constructor(
    { pods, proxy, secrets }: { pods: PodCluster; proxy: TcpProxy; secrets: readonly Manifest[] },
    open: AsyncDisposableStack,
  ) {
    this.pods = pods
    this.#proxy = proxy
    this.#secrets = secrets
    this.#open = open
  }

  /** Resolves once all is ready. */
  static async start({ users, tag }: ParleyPodsOptions): Promise<ParleyPods> {
    await using open = new AsyncDisposableStack()
    const pods = open.use(await PodCluster.open())
    let turn = 0
    const next = () => {
      const ready = pods.network.endpoints(...clients)
      turn += 1
      return ready[turn % ready.length]
    }
    const proxy = open.use(await TcpProxy.open(next, pods.network.outside))
    const [first = '', second = ''] = users
    const secrets = [
      secret('cluster-keys', { k1: newSecret() }),
      secret('redis', { password: newSecret() }),
      secret('nats', { password: newSecret() }),
      secret('users', { 'users.yaml': await usersFile(users) }),
      secret('test-users', { user: passwordOf(first), with: passwordOf(second) }),
    ]
    const parley = new ParleyPods({ pods, proxy, secrets }, open.move())
    try {
      await parley.apply(tag, { tests: { existingSecret: 'test-users', user: first, with: second } })
      return parley
    } catch (error) {
      const report = await pods.report()
      await parley[Symbol.asyncDispose]()
      throw new Error(report, { cause: error })
    }
  }

  /** Where people outside of the cluster connect: their connections go to routers that are ready, in turn. */
  get url(): string {
    return this.#proxy.url
  }

  /** Makes everything as the chart has it with another image, or other values. */
  async apply(tag: string, further: Values = {}): Promise<void> {
    const values = { ...valuesWith(tag, `${this.pods.network.outside}/32`), ...further }
    await this.pods.apply([...this.#secrets, ...(await renderChart(values))])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }
}

/** NOTE: shorter pauses than the chart has by itself: nothing here takes as long to hear of a change as a load balancer does. */
function valuesWith(tag: string, network: string): Values {
  return {
    image: { repository: 'parley', tag },
    config: {
      domains: [{ name: 'im.example.com' }],
      limits: { connectionsPerAddress: 10_000 },
      log: { level: 'warn' },
    },
    clients: { networks: [network] },
    routers: { replicas: 3, preStopSeconds: 2 },
    homes: { count: 3, minReadySeconds: 3 },
    cluster: { keys: { existingSecret: 'cluster-keys' } },
    users: { existingSecret: 'users' },
    redis: { existingSecret: 'redis', trial: { enabled: true, image: { tag: 'test' } } },
    nats: { existingSecret: 'nats', trial: { enabled: true }, server: { image: { tag: 'test' } } },
  }
}
