import type { BenchUser, InboxChoice } from '../bench-user.ts'
import { CallbackSink } from '../callback-sink.ts'
import { LatencyHistogram } from '../latency-histogram.ts'
import { startOffice } from '../office.ts'
import { wait } from '../pacing.ts'
import { contactsAmong, signInUsers } from '../population.ts'
import { PresenceOffice, presenceMark } from '../presence-office.ts'
import { ProcessorMeter } from '../processor-time.ts'
import type { ReportRow, Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

const userCount = 2000
const acknowledgeEvery = 50

/** Changes of 2,000 users, each watched by twenty, over streams; then the latency at half of that rate. */
export const presenceStreams: Workload<Settings> = {
  name: 'presence-streams',
  issue: 2,
  run: (settings) => measureStreams(settings, 'warn'),
}

/** The same with a line in the log for each request. */
export const presenceLogged: Workload<Settings> = {
  name: 'presence-logged',
  issue: 2,
  run: (settings) => measureStreams(settings, 'info'),
}

/** The same changes, over kept connections to each device's Call-Back. */
export const presenceCallbacks: Workload<Settings> = {
  name: 'presence-callbacks',
  issue: 2,
  async run(settings) {
    await using server = await startOffice(settings, { name: 'presence-callbacks', users: userCount })
    await using sink = await CallbackSink.open()
    const inbox: InboxChoice = { kind: 'callback', port: sink.port }
    const users = await signInUsers(server.port, { count: userCount }, () => inbox, contactsAmong(userCount))
    await wait(1)
    const office = new PresenceOffice(users, () => sink.count)
    const before = office.count()
    const { perSecond, shares } = await office.saturate(
      settings.seconds,
      () => new ProcessorMeter(server.pid, settings),
    )
    const missing = await office.missing(before)
    closeAll(users)
    return [
      {
        workload: 'presence fan-out to keep-alive callback inboxes',
        figure: perSecond,
        unit: 'deliveries/s',
        bar: { atLeast: 45_000 },
        shares,
        note: lossNote(missing),
      },
    ]
  },
}

async function measureStreams(settings: Settings, logLevel: 'warn' | 'info'): Promise<ReportRow[]> {
  await using server = await startOffice(settings, { name: `presence-${logLevel}`, users: userCount, logLevel })
  let delivered = 0
  const dueAt = new Float64Array(userCount)
  let latencies: LatencyHistogram | undefined
  const notified = (presentity: number): void => {
    delivered += 1
    latencies?.add(performance.now() - (dueAt[presentity] ?? 0))
  }
  const inbox: InboxChoice = { kind: 'stream', mark: presenceMark, notified, acknowledgeEvery }
  const users = await signInUsers(server.port, { count: userCount }, () => inbox, contactsAmong(userCount))
  await wait(1)
  const office = new PresenceOffice(users, () => delivered)
  let before = office.count()
  const { perSecond, shares } = await office.saturate(settings.seconds, () => new ProcessorMeter(server.pid, settings))
  const rows: ReportRow[] = [
    {
      workload: `presence fan-out to stream inboxes${logLevel === 'info' ? ', log level info' : ''}`,
      figure: perSecond,
      unit: 'deliveries/s',
      ...(logLevel === 'warn' && { bar: { atLeast: 90_000 } }),
      shares,
      note: lossNote(await office.missing(before)),
    },
  ]
  if (logLevel === 'warn') {
    const half = perSecond / 2
    await office.pace(half, 1, (index, at) => dueAt.fill(at, index, index + 1))
    await office.missing(before)
    before = office.count()
    latencies = new LatencyHistogram()
    const meter = new ProcessorMeter(server.pid, settings)
    await office.pace(half, settings.seconds, (index, at) => dueAt.fill(at, index, index + 1))
    const paced = meter.read()
    const missing = await office.missing(before)
    rows.push({
      workload: 'latency of presence at half of that rate, p99',
      figure: latencies.percentile(0.99),
      unit: 'ms',
      bar: { atMost: 4 },
      shares: paced,
      note: `p50 ${latencies.percentile(0.5).toFixed(2)} ms; ${lossNote(missing)}`,
    })
  }
  closeAll(users)
  return rows
}

function closeAll(users: readonly BenchUser[]): void {
  for (const user of users) user.close()
}

function lossNote(missing: number): string {
  return missing === 0 ? 'every delivery arrived' : `${missing} were replaced by a newer state on their way, or lost`
}
