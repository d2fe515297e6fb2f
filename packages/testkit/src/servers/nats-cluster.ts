import { type RunningNats, startNats } from './nats.ts'
import { testPort } from './test-port.ts'
import { until } from './until.ts'

/** NATS servers, each of which has a route to each other one. */
export interface RunningNatsCluster extends AsyncDisposable {
  readonly servers: readonly RunningNats[]
  /** Resolves once all are routed together; also after one of them was away. */
  ready(): Promise<void>
}

export interface NatsClusterOptions {
  /** Further text of the configuration of each. */
  readonly config?: string
  /** Further files of each, by name. */
  readonly files?: Readonly<Record<string, string>>
}

/** Starts a NATS cluster of `count` servers on loopback. */
export async function startNatsCluster(count = 3, options: NatsClusterOptions = {}): Promise<RunningNatsCluster> {
  await using started = new AsyncDisposableStack()
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await testPort())
  const servers: RunningNats[] = []
  for (const port of ports) {
    const routes = [...ports].filter((other) => other !== port)
    servers.push(started.use(await startNats({ ...options, cluster: { name: 'parley-test', port, routes } })))
  }

  const ready = async () => {
    for (const server of servers)
      await until(`NATS on port ${server.port} has its routes`, (signal) => hasRoutes(server, count - 1, signal))
  }
  await ready()
  const kept = started.move()
  return { servers, ready, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function hasRoutes({ monitorUrl }: RunningNats, count: number, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${monitorUrl}/routez`, { signal }).catch(() => undefined)
  if (!response?.ok) return false
  const { routes } = (await response.json()) as { readonly routes: readonly { readonly remote_id: string }[] }
  return new Set(routes.map(({ remote_id }) => remote_id)).size === count
}
