import { askRedis } from './ask-redis.ts'
import { startRedis } from './redis.ts'
import type { RunningServer } from './running-server.ts'
import { testPort } from './test-port.ts'
import { until } from './until.ts'

const slotCount = 16_384

/** A Redis Cluster of masters only, which share all slots. */
export interface RunningRedisCluster extends AsyncDisposable {
  readonly masters: readonly RunningServer[]
  /** Resolves once every master finds all slots served; also after one of them was away. */
  ready(): Promise<void>
}

/** Starts a Redis Cluster of `count` masters on loopback. */
export async function startRedisCluster(count = 3): Promise<RunningRedisCluster> {
  await using started = new AsyncDisposableStack()
  const masters: RunningServer[] = []
  for (let index = 0; index < count; index++) {
    const busPort = await testPort()
    const master = started.use(await launchMaster(busPort))
    const firstSlot = Math.floor((index * slotCount) / count)
    const lastSlot = Math.floor(((index + 1) * slotCount) / count) - 1
    await command(master, ['SET-CONFIG-EPOCH', `${index + 1}`])
    await command(master, ['ADDSLOTSRANGE', `${firstSlot}`, `${lastSlot}`])
    await command(masters[0] ?? master, ['MEET', master.host, `${master.port}`, `${busPort}`])
    masters.push(master)
  }

  const ready = async () => {
    for (const { port } of masters)
      await until(`the master on port ${port} finds its cluster ok`, (signal) => seesWholeCluster(port, count, signal))
  }
  await ready()
  const kept = started.move()
  return { masters, ready, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function launchMaster(busPort: number): Promise<RunningServer> {
  const config = {
    'cluster-enabled': 'yes',
    'cluster-port': `${busPort}`,
    'cluster-config-file': 'nodes.conf',
    // Tests wait until a master is missed.
    'cluster-node-timeout': '2000',
  }
  return await startRedis({ config })
}

async function command({ port }: RunningServer, words: readonly string[]): Promise<void> {
  const answer = await askRedis(port, ['CLUSTER', ...words])
  if (!answer.startsWith('+OK')) throw new Error(`CLUSTER ${words.join(' ')} was answered with ${answer}`)
}

async function seesWholeCluster(port: number, count: number, signal: AbortSignal): Promise<boolean> {
  const info = await askRedis(port, ['CLUSTER', 'INFO'], { signal }).catch(() => '')
  return info.includes('cluster_state:ok\r\n') && info.includes(`cluster_known_nodes:${count}\r\n`)
}
