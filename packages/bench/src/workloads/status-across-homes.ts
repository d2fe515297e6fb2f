import type { InboxChoice } from '../bench-user.ts'
import { BenchCluster, homeNamed } from '../cluster/cluster.ts'
import { messagesTaken } from '../cluster/nats-counts.ts'
import { LatencyHistogram } from '../latency-histogram.ts'
import { wait, warmUpSeconds } from '../pacing.ts'
import { signInUsers } from '../population.ts'
import { PresenceOffice, presenceMark } from '../presence-office.ts'
import { ProcessorMeter, processorSeconds } from '../processor-time.ts'
import type { ReportRow, Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

/** Users of one home who change their states, and as many of another home who watch them. */
const presentities = 1000
const acknowledgeEvery = 50
// NOTE: prime to the number of presentities, so that neighbours are watched by strangers.
const stride = 97
/** How long NATS is watched while nobody changes anything, to know what the homes' beats come to. */
const idleSeconds = 3

/** Changes at one home that watchers at another one hear of over NATS: how late, and for how many messages. */
export const statusAcrossHomes: Workload<Settings> = {
  name: 'status-across-homes',
  issue: 3,
  run: async (settings) => [
    ...(await measure(settings, { watchers: 3, changesPerSecond: 2000 })),
    ...(await measure(settings, { watchers: 20, changesPerSecond: 400 })),
  ],
}

async function measure(
  settings: Settings,
  { watchers, changesPerSecond }: { watchers: number; changesPerSecond: number },
): Promise<ReportRow[]> {
  const { serverCpu, seconds } = settings
  await using cluster = await BenchCluster.start(settings, {
    name: `status-across-homes-${watchers}`,
    users: 2 * presentities,
    homeOf: (index) => homeNamed(index < presentities ? 0 : 1),
    storesCpu: serverCpu,
  })
  const homes = [await cluster.startHome(serverCpu, homeNamed(0)), await cluster.startHome(serverCpu, homeNamed(1))]
  const [there, here] = homes
  let delivered = 0
  const dueAt = new Float64Array(presentities)
  let latencies = new LatencyHistogram()
  const notified = (presentity: number): void => {
    delivered += 1
    latencies.add(performance.now() - (dueAt[presentity] ?? 0))
  }
  const inbox: InboxChoice = { kind: 'stream', mark: presenceMark, notified, acknowledgeEvery }
  const changing = await signInUsers(
    there?.port ?? 0,
    { count: presentities },
    () => inbox,
    () => [],
  )
  const watching = await signInUsers(
    here?.port ?? 0,
    { first: presentities, count: presentities },
    () => inbox,
    (index) => Array.from({ length: watchers }, (_, at) => (index + at * stride) % presentities),
  )
  await wait(2)
  const idleFrom = await messagesTaken(cluster.natsMonitor)
  await wait(idleSeconds)
  const beatsPerSecond = ((await messagesTaken(cluster.natsMonitor)) - idleFrom) / idleSeconds
  const office = new PresenceOffice(changing, () => delivered, watchers)
  const pace = (length: number): Promise<void> =>
    office.pace(changesPerSecond * watchers, length, (index, at) => dueAt.fill(at, index, index + 1))
  let before = office.count()
  await pace(warmUpSeconds)
  await office.missing(before)
  before = office.count()
  latencies = new LatencyHistogram()
  const parts = [...homes, cluster.redis, cluster.nats].map(({ pid }) => pid)
  const meter = new ProcessorMeter(parts, settings)
  const usedBefore = parts.map(processorSeconds)
  const takenBefore = await messagesTaken(cluster.natsMonitor)
  const startedAt = performance.now()
  await pace(seconds)
  const shares = meter.read()
  const missing = await office.missing(before)
  const passed = (performance.now() - startedAt) / 1000
  const taken = (await messagesTaken(cluster.natsMonitor)) - takenBefore
  const used = parts.map((pid, at) => Math.round(((processorSeconds(pid) - (usedBefore[at] ?? 0)) / passed) * 100))
  for (const user of [...changing, ...watching]) user.close()
  const changes = office.count().changes - before.changes
  const loss =
    missing === 0 ? 'every delivery arrived' : `${missing} were replaced by a newer state on their way, or lost`
  const who = `home of the presentity ${used[0]} %, of the watchers ${used[1]} %, Redis ${used[2]} %, NATS ${used[3]} %`
  const rows: ReportRow[] = [
    {
      workload: `NATS messages for a change that ${watchers} watchers at another home hear of`,
      // Beats come when they come: what they add to a thousand changes is less than one message.
      figure: Math.round(((taken - beatsPerSecond * passed) / changes) * 100) / 100,
      unit: 'messages',
      bar: { atMost: 1 },
      shares,
      note: `${taken} messages for ${changes} changes, of which beats ${beatsPerSecond.toFixed(1)} a second; ${loss}`,
    },
  ]
  if (changesPerSecond < 2000) return rows
  return [
    {
      workload: `change at one home to ${watchers} streams at another, ${changesPerSecond} changes/s, p99`,
      figure: latencies.percentile(0.99),
      unit: 'ms',
      bar: { atMost: 15 },
      shares,
      note: `p50 ${latencies.percentile(0.5).toFixed(2)} ms; all on one processor: ${who}; ${loss}`,
    },
    ...rows,
  ]
}
