import {
  AttemptBudgetMemory,
  HomeLeasesMemory,
  type HomeName,
  LocationsMemory,
  NodeStoreMemory,
  PeopleMemory,
  parseHomeName,
  RenamesMemory,
  StatusBusMemory,
  SyncStoreMemory,
  systemIds,
} from '@parley/domain'
import { ClusterKeys, createClusterClient } from '@parley/http'
import { type LogicalUrl, logicalUrlOf } from '@parley/protocol'
import {
  type ClusterConfigInput,
  clusterConfig,
  composeHome,
  composeRouter,
  createLogger,
  type HomeNode,
  type RouterNode,
  type SharedParts,
} from '@parley/server'
import { testPort } from './servers/test-port.ts'
import { TestInstallation, type TestInstallationOptions } from './test-installation.ts'

export interface TestClusterOptions extends TestInstallationOptions {
  /** Whether a process takes the homes of others over when they are free. */
  readonly standby?: boolean
  /** Whether clients are sent to the process of their home (302). */
  readonly redirects?: boolean
}

/** The homes of a test cluster: that of alice, of bob, and of carol. */
export const homes = ['hq-1', 'oslo-1', 'rio-1'].map(parseHomeName)
const routers = 2

/**
 * An installation of several processes' servers (`parley router`, `parley home`) in this one: two routers, and three homes
 * over which the users are spread, alice on the first, bob on the second and carol on the third. Redis and NATS are memory.
 */
export class TestCluster extends TestInstallation {
  readonly #map = new LocationsMemory()
  readonly #renames = new RenamesMemory(this.#map, this.clock)
  readonly #leases = new HomeLeasesMemory(this.clock)
  readonly #stores = new Map(homes.map((home) => [home, new NodeStoreMemory(() => this.#leases.epoch(home))]))
  readonly #shared: SharedParts
  readonly #bus = new StatusBusMemory()
  /** What its nodes sign with. */
  readonly keys = new ClusterKeys([{ id: 'test', secret: crypto.getRandomValues(new Uint8Array(32)) }])
  readonly #standby: boolean
  readonly #redirects: boolean
  readonly #homes = new Map<HomeName, HomeNode>()
  #published: Promise<void> = Promise.resolve()
  #routers: RouterNode[] = []
  /** Where clients look for routers, whether they run or not. */
  #urls: readonly string[] = Array(routers).fill('http://127.0.0.1:0')

  static async start(options: TestClusterOptions = {}): Promise<TestCluster> {
    return await new TestCluster(options).open()
  }

  private constructor({ standby = false, redirects = false, ...options }: TestClusterOptions) {
    super(options)
    this.#standby = standby
    this.#redirects = redirects
    this.#shared = {
      clock: this.clock,
      map: this.#map,
      renames: this.#renames,
      leases: this.#leases,
      people: new PeopleMemory(this.#map),
      sync: new SyncStoreMemory(this.clock, this.#map),
      attempts: new AttemptBudgetMemory(this.clock),
      storeOf: (home) => this.#stores.get(home) ?? new NodeStoreMemory(),
    }
    this.users.onChange((changed) => {
      this.#published = this.#published.then(() => this.#publish(changed))
    })
  }

  get urls(): readonly string[] {
    return this.#urls
  }

  get adminUrl(): string | undefined {
    return this.#routers[0]?.adminUrl
  }

  protected async startServers(): Promise<void> {
    await this.#publish(this.users.nodes)
    for (const home of homes) await this.startHome(home)
    for (const url of this.#urls) await this.#startRouter(url)
    this.#urls = this.#routers.flatMap((router) => router.urls)
  }

  protected async endServers(): Promise<void> {
    const nodes = [...this.#routers, ...this.#homes.values()]
    this.#routers = []
    this.#homes.clear()
    await Promise.all([this.#published, ...nodes.map((node) => node[Symbol.asyncDispose]())])
  }

  /** Starts a process for a home that was stopped. */
  async startHome(home: HomeName): Promise<void> {
    const standbyFor = this.#standby ? 'all' : []
    const at = this.#redirects && `127.0.0.1:${await testPort()}`
    const config = clusterConfig.parse({
      ...this.#input(),
      home: { names: [home], standbyFor, ...(at && { clientUrl: `http://${at}` }) },
      ...(at && { listen: [{ at }] }),
    })
    const node = composeHome(config, { ...this.#given(), bus: this.#bus })
    this.#homes.set(home, node)
    await node.start()
  }

  /** Stops the process whose own a home is, as planned: it hands over what it holds. */
  async stopHome(home: HomeName): Promise<void> {
    const node = this.#homes.get(home)
    this.#homes.delete(home)
    await stop(node)
  }

  /** Stops one of the routers, as planned. */
  async stopRouter(): Promise<void> {
    const [, ...others] = this.#urls
    await stop(this.#routers.shift())
    this.#urls = others
  }

  /** Where other nodes reach the process whose own a home is. */
  clusterUrl(home: HomeName): string | undefined {
    return this.#homes.get(home)?.clusterUrl
  }

  /** Where a user lives. */
  homeOf(name: string): HomeName | undefined {
    return this.#map.locate(this.node(name))?.home
  }

  /** Moves a user to another home, as `parley user move` does. */
  async moveUser(name: string, to: HomeName): Promise<void> {
    const from = this.homeOf(name)
    const lease = from && (await this.#leases.lease(from))
    if (!lease) throw new Error(`nobody holds the home of ${name}`)
    await using client = createClusterClient({ keys: this.keys, clock: this.clock, ids: systemIds })
    await client.call(lease, 'moveNode', { node: this.node(name), to })
  }

  /** Gives a user another alias, or a whole URL, as `parley sync` does; the old one leads there for a day. */
  async renameUser(name: string, to: string): Promise<void> {
    const [from, url] = [this.node(name), this.node(to)]
    this.users.rename(from, url)
    await this.#renames.rename([{ from, to: url, until: this.clock.now() + 86_400_000 }])
  }

  /** Makes a group of the directory, as `parley sync` does. */
  async putGroup(path: string, home: HomeName, members: readonly string[]): Promise<void> {
    const node = logicalUrlOf(this.domain, path)
    await this.#map.put([{ node, kind: 'group', home, displayName: 'Sales', id: path }])
    await this.#map.putMembers(
      node,
      members.map((name) => this.node(name)),
    )
  }

  async #startRouter(url: string): Promise<void> {
    const listen = [{ at: new URL(url).host }]
    const router = composeRouter(clusterConfig.parse({ ...this.#input(), listen }), this.#given())
    this.#routers.push(router)
    await router.start()
  }

  /** Brings the map up to date, as `parley sync` does. */
  async #publish(nodes: readonly LogicalUrl[]): Promise<void> {
    for (const node of nodes) {
      const user = this.users.user(node)
      const home = this.#map.locate(node)?.home ?? homes[this.users.nodes.indexOf(node) % homes.length]
      if (user && home) await this.#map.put([{ ...user, kind: 'user', home }])
      else await this.#map.remove([node])
    }
  }

  /** What Redis and NATS are to be is not looked at. */
  #input(): ClusterConfigInput {
    const { domains = [], data: _, users: __, listen: ___, ...config } = this.config
    return {
      domains,
      redis: { url: 'redis://127.0.0.1' },
      nats: { servers: ['nats://127.0.0.1'] },
      cluster: { keys: [{ id: 'test', file: 'none' }], listen: '127.0.0.1:0' },
      ...(this.#redirects && { router: { redirectNetworks: ['127.0.0.0/8'] } }),
      ...config,
    }
  }

  #given() {
    const logger = createLogger('debug', this.log)
    return { shared: this.#shared, keys: this.keys, credentials: this.users, logger }
  }
}

async function stop(node: HomeNode | RouterNode | undefined): Promise<void> {
  await node?.drain(AbortSignal.timeout(5_000))
  await node?.[Symbol.asyncDispose]()
}
