import { type RunningNats, startNats, testPort } from '@parley/testkit'
import { eventually } from './eventually.ts'
import { Gate } from './gate.ts'
import type { NatsOfCluster } from './parley-cluster.ts'

const routesPatienceMs = 20_000

/** Three NATS servers whose routes lead through wires of the test, so that they can be parted while all of them live. */
export class NatsMesh implements NatsOfCluster {
  readonly servers: readonly RunningNats[]
  readonly #gates: readonly Gate[]
  readonly #open: AsyncDisposableStack

  private constructor(servers: readonly RunningNats[], gates: readonly Gate[], open: AsyncDisposableStack) {
    this.servers = servers
    this.#gates = gates
    this.#open = open
  }

  static async start(count = 3): Promise<NatsMesh> {
    await using open = new AsyncDisposableStack()
    const ports = new Set<number>()
    while (ports.size < count) ports.add(await testPort())
    const gates: Gate[] = []
    const servers: RunningNats[] = []
    for (const port of ports) {
      const routes: string[] = []
      for (const other of ports) {
        if (other === port) continue
        const gate = open.use(await Gate.open(await testPort(), other))
        gates.push(gate)
        routes.push(`"nats://127.0.0.1:${gate.port}"`)
      }
      // NOTE: what it advertises leads nowhere, or servers would tell each other of ways around the wires.
      const cluster = `name: "parley-mesh", listen: "127.0.0.1:${port}", advertise: "127.0.0.1:1", routes: [${routes}]`
      servers.push(open.use(await startNats({ config: `cluster { ${cluster} }` })))
    }
    const mesh = new NatsMesh(servers, gates, open.move())
    await mesh.joined()
    return mesh
  }

  /** Cuts every route: each server lives on alone. Resolves once all know. */
  async part(): Promise<void> {
    for (const gate of this.#gates) gate.cut()
    await this.#haveRoutes(0)
  }

  /** Lets routes through again, and resolves once all are there. */
  async join(): Promise<void> {
    for (const gate of this.#gates) gate.mend()
    await this.joined()
  }

  /** Resolves once every server has a route to each other one. */
  async joined(): Promise<void> {
    await this.#haveRoutes(this.servers.length - 1)
  }

  /** How many clients each server has. */
  async clients(): Promise<readonly number[]> {
    const counts = this.servers.map(async ({ monitorUrl }) => {
      const { num_connections } = (await ask(`${monitorUrl}/connz`)) as { readonly num_connections: number }
      return num_connections
    })
    return await Promise.all(counts)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }

  async #haveRoutes(count: number): Promise<void> {
    for (const { monitorUrl, port } of this.servers) {
      await eventually(`NATS on port ${port} has ${count} routes`, routesPatienceMs, async () => {
        const { routes } = (await ask(`${monitorUrl}/routez`)) as { readonly routes: { readonly remote_id: string }[] }
        return new Set(routes.map(({ remote_id }) => remote_id)).size === count
      })
    }
  }
}

async function ask(url: string): Promise<unknown> {
  return await (await fetch(url, { signal: AbortSignal.timeout(1_000) })).json()
}
