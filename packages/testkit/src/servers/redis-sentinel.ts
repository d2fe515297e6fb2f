import { askRedis } from './ask-redis.ts'
import { startRedis, startSentinel } from './redis.ts'
import type { RunningServer } from './running-server.ts'
import { until } from './until.ts'

/** A master, its replica, and sentinels that put the replica in its place once most of them miss it for a second. */
export interface RunningRedisSentinel extends AsyncDisposable {
  /** As sentinels call the master, whichever server that is. */
  readonly masterName: string
  /** The one that is master at first. */
  readonly master: RunningServer
  readonly replica: RunningServer
  readonly sentinels: readonly RunningServer[]
  /** The port of the server that the first sentinel now calls master. */
  masterPort(): Promise<number>
}

const masterName = 'parley'

/** Starts them all on loopback; resolves once every sentinel knows of all others. */
export async function startRedisSentinel({
  sentinels: count = 3,
}: {
  readonly sentinels?: 1 | 3
} = {}): Promise<RunningRedisSentinel> {
  await using started = new AsyncDisposableStack()
  const launch = async (config: Readonly<Record<string, string>>) => started.use(await startRedis({ config }))

  // Either may be the master; Redis else waits five seconds for more replicas to come.
  const prompt = { 'repl-diskless-sync-delay': '0' }
  const master = await launch(prompt)
  const replica = await launch({ ...prompt, replicaof: `${master.host} ${master.port}` })
  await until('the replica follows its master', async (signal) =>
    (await askRedis(replica.port, ['INFO', 'replication'], { signal })).includes('master_link_status:up'),
  )
  const sentinels: RunningServer[] = []
  while (sentinels.length < count) sentinels.push(started.use(await launchSentinel(master.port, count)))
  for (const { port } of sentinels)
    await until(`the sentinel on port ${port} knows all others`, (signal) => knowsOthers(port, count, signal))

  const kept = started.move()
  const masterPort = () => askMasterPort(sentinels)
  return { masterName, master, replica, sentinels, masterPort, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function launchSentinel(masterPort: number, count: number): Promise<RunningServer> {
  const quorum = Math.floor(count / 2) + 1
  const config = {
    'sentinel monitor': `${masterName} 127.0.0.1 ${masterPort} ${quorum}`,
    'sentinel down-after-milliseconds': `${masterName} 1000`,
    'sentinel failover-timeout': `${masterName} 4000`,
  }
  return await startSentinel({ config })
}

async function knowsOthers(port: number, count: number, signal: AbortSignal): Promise<boolean> {
  const info = await askRedis(port, ['INFO', 'sentinel'], { signal })
  return info.includes('status=ok,') && info.includes(`slaves=1,sentinels=${count}\r\n`)
}

async function askMasterPort([first]: readonly RunningServer[]): Promise<number> {
  if (first === undefined) throw new Error('there is no sentinel')
  const answer = await askRedis(first.port, ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName])
  // An array of two: the address and the port.
  return Number(answer.split('\r\n')[4])
}
