import type { InboxChoice } from '../bench-user.ts'
import { BenchCluster, homeNamed } from '../cluster/cluster.ts'
import { wait } from '../pacing.ts'
import type { PinnedProcess } from '../pinned-process.ts'
import { contactsAmong, signInUsers } from '../population.ts'
import { PresenceOffice, presenceMark } from '../presence-office.ts'
import { ProcessorMeter, type ProcessorShares, processorSeconds } from '../processor-time.ts'
import type { ReportRow, Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

// NOTE: a multiple of three, so that homes are equal.
const userCount = 1998
const acknowledgeEvery = 50

/** What so many homes deliver, and what a delivery costs. */
interface FanOut {
  readonly perSecond: number
  readonly shares: ProcessorShares
  /** Seconds of a processor that the homes used for a delivery, and Redis and NATS beside them. */
  readonly homeSeconds: number
  readonly storeSeconds: number
  readonly missing: number
}

/**
 * Changes of users who are each watched by twenty, all at one home, and then spread over three homes with two of three
 * watchers elsewhere. All homes have one processor together, so that their costs are compared rather than their rates.
 */
export const fanOutOfThree: Workload<Settings> = {
  name: 'fan-out-3',
  issue: 3,
  async run(settings) {
    const one = await measure(settings, 1)
    const three = await measure(settings, 3)
    return [
      rateRow('presence fan-out of one home of a cluster', one),
      rateRow('presence fan-out of three homes on the same processor', three),
      {
        workload: 'processor time of the homes for a delivery, three homes to one',
        figure: three.homeSeconds / one.homeSeconds,
        unit: 'times',
        bar: { atMost: 1.15 },
        note: `${micros(one.homeSeconds)} with one home, ${micros(three.homeSeconds)} with three`,
      },
    ]
  },
}

async function measure(settings: Settings, count: number): Promise<FanOut> {
  const { serverCpu, loadCpu } = settings
  const homeOf = (index: number): number => index % count
  await using cluster = await BenchCluster.start(settings, {
    name: `fan-out-${count}`,
    users: userCount,
    homeOf: (index) => homeNamed(homeOf(index)),
    storesCpu: loadCpu,
  })
  const homes: PinnedProcess[] = []
  for (let home = 0; home < count; home++) homes.push(await cluster.startHome(serverCpu, homeNamed(home)))
  let delivered = 0
  const notified = (): void => {
    delivered += 1
  }
  const inbox: InboxChoice = { kind: 'stream', mark: presenceMark, notified, acknowledgeEvery }
  const portOf = (index: number): number => homes[homeOf(index)]?.port ?? 0
  const users = await signInUsers(portOf, { count: userCount }, () => inbox, contactsAmong(userCount))
  await wait(2)
  const office = new PresenceOffice(users, () => delivered)
  const before = office.count()
  const stores = [cluster.redis.pid, cluster.nats.pid]
  const used = (): number => stores.reduce((sum, pid) => sum + processorSeconds(pid), 0)
  let usedBefore = 0
  let startedAt = 0
  const { perSecond, shares } = await office.saturate(settings.seconds, () => {
    usedBefore = used()
    startedAt = performance.now()
    const pids = homes.map(({ pid }) => pid)
    return new ProcessorMeter(pids, settings)
  })
  const storeShare = ((used() - usedBefore) * 1000) / (performance.now() - startedAt)
  const missing = await office.missing(before)
  for (const user of users) user.close()
  return { perSecond, shares, homeSeconds: shares.server / perSecond, storeSeconds: storeShare / perSecond, missing }
}

function rateRow(workload: string, { perSecond, shares, storeSeconds, missing }: FanOut): ReportRow {
  const loss =
    missing === 0 ? 'every delivery arrived' : `${missing} were replaced by a newer state on their way, or lost`
  const note = `Redis and NATS take ${micros(storeSeconds)} a delivery beside the load; ${loss}`
  return { workload, figure: perSecond, unit: 'deliveries/s', shares, note }
}

function micros(seconds: number): string {
  return `${(seconds * 1e6).toFixed(1)} µs`
}
