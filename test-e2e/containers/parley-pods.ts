import { TcpProxy } from '@parley/testkit'
import { renderText, type Values } from '../helm/chart.ts'
import { type Manifest, readManifests } from './pods/manifests.ts'
import { type Action, PodCluster } from './pods/pod-cluster.ts'
import { makeSecrets } from './secrets.ts'

/** The image of Parley, as `.ci/test.ts` builds it; its servers' are called alike. */
export const parleyImage = { name: 'parley-test', tag: 'e2e', reference: 'parley-test:e2e' } as const
/** The Service that clients connect to, and its port. */
const clients = ['parley-hq-clients', 'http'] as const

/** The chart with three routers and three homes, on trial servers from our own images, with users; and a way in from outside of the cluster. */
export class ParleyPods implements AsyncDisposable {
  readonly domain = 'im.example.com'
  readonly pods: PodCluster
  readonly #proxy: TcpProxy
  readonly #users: readonly [string, string, ...string[]]
  readonly #secrets: readonly Manifest[]
  readonly #open: AsyncDisposableStack

  private constructor(
    parts: { pods: PodCluster; proxy: TcpProxy; secrets: readonly Manifest[] },
    users: readonly [string, string, ...string[]],
    open: AsyncDisposableStack,
  ) {
    this.pods = parts.pods
    this.#proxy = parts.proxy
    this.#secrets = parts.secrets
    this.#users = users
    this.#open = open
  }

  /** Installs the chart; resolves once all is ready. */
  static async start(users: readonly [string, string, ...string[]]): Promise<ParleyPods> {
    await using open = new AsyncDisposableStack()
    const pods = open.use(await PodCluster.open())
    let turn = 0
    const next = () => {
      const ready = pods.network.endpoints(...clients)
      turn += 1
      return ready[turn % ready.length]
    }
    const proxy = open.use(await TcpProxy.open(next, pods.network.outside))
    const secrets = await makeSecrets(users)
    const parley = new ParleyPods({ pods, proxy, secrets }, users, open.move())
    try {
      await parley.apply(parleyImage.tag, 'install')
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

  /** Makes everything as the chart has it with an image of Parley. */
  async apply(tag: string, action: Action): Promise<void> {
    const values = this.#values(tag, `${this.pods.network.outside}/32`)
    const text = await renderText(values, { namespace: this.pods.network.namespace, kubernetes: '1.30.0' })
    await this.pods.apply([...this.#secrets, ...readManifests(text)], action)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }

  #address(user: string): string {
    return `${user}@${this.domain}`
  }

  /** NOTE: shorter pauses than the chart has by itself: nothing here takes as long to hear of a change as a load balancer does. */
  #values(tag: string, network: string): Values {
    const [user, other] = this.#users
    const { name, tag: builtTag } = parleyImage
    const server = (product: string) => ({ image: { repository: `${name}-${product}`, tag: builtTag } })
    return {
      image: { repository: name, tag },
      config: {
        domains: [{ name: this.domain }],
        leaveSeconds: 2,
        limits: { connectionsPerAddress: 10_000 },
        log: { level: 'warn' },
      },
      clients: { networks: [network] },
      routers: { replicas: 3, minReadySeconds: 2 },
      homes: { count: 3, minReadySeconds: 3 },
      cluster: { keys: { existingSecret: 'cluster-keys' } },
      users: { existingSecret: 'users' },
      redis: { existingSecret: 'redis', trial: { enabled: true, ...server('redis') } },
      nats: { existingSecret: 'nats', trial: { enabled: true }, server: server('nats') },
      tests: { existingSecret: 'test-users', user: this.#address(user), with: this.#address(other) },
    }
  }
}
