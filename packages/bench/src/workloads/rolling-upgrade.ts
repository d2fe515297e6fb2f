import { type ProxyTarget, TcpProxy } from '@parley/testkit'
import { BenchCluster, homeNamed } from '../cluster/cluster.ts'
import { wait } from '../pacing.ts'
import type { PinnedProcess } from '../pinned-process.ts'
import type { Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'
import { SteadyPair } from '../steady-pair.ts'

const nodes = 3
const pairCount = 40
const beforeSeconds = 3
/** As helm/parley has it for homes (`homes.minReadySeconds`): the time to hand a home back. */
const minReadySeconds = 10

/**
 * All routers and all homes are replaced while people talk: a router as a Deployment does it, a new one before an old one goes; a home as a
 * StatefulSet does it, the last one first, and the next when its successor has been ready for a while.
 */
export const rollingUpgrade: Workload<Settings> = {
  name: 'rolling-upgrade',
  issue: 5,
  async run(settings) {
    const { serverCpu, loadCpu } = settings
    const homeOf = (index: number) => homeNamed(index % nodes)
    const options = { name: 'rolling-upgrade', users: 2 * pairCount, homeOf, storesCpu: loadCpu }
    await using cluster = await BenchCluster.start(settings, options)
    const homes: PinnedProcess[] = []
    for (let index = 0; index < nodes; index++) homes.push(await cluster.startHome(serverCpu, homeNamed(index)))
    const routers: PinnedProcess[] = []
    for (let index = 0; index < nodes; index++) routers.push(await cluster.startRouter(serverCpu))
    let turn = 0
    const next = (): ProxyTarget => ({ host: '127.0.0.1', port: routers[turn++ % routers.length]?.port ?? 0 })
    await using balancer = await TcpProxy.open(next)
    const pairs: SteadyPair[] = []
    while (pairs.length < pairCount) pairs.push(await SteadyPair.signOn(balancer.url, 2 * pairs.length))
    const work = pairs.map((pair) => pair.run())
    await wait(beforeSeconds)

    const startedAt = performance.now()
    for (const old of [...routers]) {
      routers.push(await cluster.startRouter(serverCpu))
      routers.splice(routers.indexOf(old), 1)
      await old[Symbol.asyncDispose]()
    }
    for (const [index, old] of [...homes.entries()].reverse()) {
      await old[Symbol.asyncDispose]()
      homes[index] = await cluster.startHome(serverCpu, homeNamed(index))
      await wait(minReadySeconds)
    }
    const seconds = (performance.now() - startedAt) / 1000

    for (const pair of pairs) pair.stop()
    await Promise.all(work)
    await Promise.all(pairs.map((pair) => pair.close()))
    const sum = (count: (pair: SteadyPair) => number): number => pairs.reduce((all, pair) => all + count(pair), 0)
    const [messages, changes] = (['message', 'presence'] as const).map(
      (kind) => Math.max(...pairs.map(({ gaps }) => gaps[kind])) / 1000,
    )
    const requests = sum((pair) => pair.requests)
    return [
      {
        workload: `rolling upgrade of ${nodes} routers and ${nodes} homes: failed requests that a retry does not cure`,
        figure: sum((pair) => pair.failed),
        unit: 'requests',
        bar: { atMost: 0 },
        note: `${requests} messages and changes in ${seconds.toFixed(0)} s; ${sum((pair) => pair.retried)} were tried again`,
      },
      {
        workload: 'the same, longest delivery gap',
        figure: Math.max(messages ?? 0, changes ?? 0),
        unit: 's',
        bar: { atMost: 2 },
        note: `messages, each 0.1 s after the answer to the one before: ${messages?.toFixed(2)} s; changes, each 0.25 s after: ${changes?.toFixed(2)} s`,
      },
    ]
  },
}
