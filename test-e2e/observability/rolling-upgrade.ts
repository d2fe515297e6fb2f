import type { Series } from './alert-case.ts'

/** Seconds between two samples, as Prometheus is usually set up. */
export const scrapeSeconds = 15

const samples = 200
const pods = ['sync-0', 'sync-1', 'home-0', 'home-1', 'home-2', 'router-0', 'router-1']
/** How many samples a pod takes to stop, to be there again, and until its home is back. */
const [stopping, down, back] = [1, 3, 6]
const betweenPods = stopping + down + back + 4

/** A value at each sample; undefined where there is none. */
type ValueAt = (sample: number) => number | undefined

/** One process: a pod between two of its restarts. */
interface Run {
  readonly pod: string
  readonly role: string
  readonly labels: string
  /** Its first sample, and the one after its last. */
  readonly begin: number
  readonly end: number
}

/**
 * What Prometheus sees of an upgrade of three homes, two routers and two `parley sync`, one pod after the other, each new one under an
 * address of its own; and of the roll-back at once afterwards. Everything goes as it should, so nobody is to be told.
 */
export function rollingUpgrade(): Series {
  return Object.fromEntries(pods.flatMap((pod) => runsOf(pod).flatMap(seriesOf)))
}

function runsOf(pod: string): Run[] {
  const [role = ''] = pod.split('-')
  const at = pods.indexOf(pod)
  const stops = [10 + at * betweenPods, 10 + (at + pods.length) * betweenPods]
  return [...stops.map((stop) => stop + stopping), samples].map((end, generation) => ({
    pod,
    role,
    labels: `job="parley-${role}", pod="${pod}", instance="10.0.${generation}.${at}:9464"`,
    begin: generation === 0 ? 0 : (stops[generation - 1] ?? 0) + stopping + down,
    end,
  }))
}

function seriesOf(run: Run): [name: string, values: string][] {
  const { role, labels, begin, end } = run
  const put = (metric: string, more: string, valueAt: ValueAt): [string, string] => [
    `${metric}{${labels}${more}}`,
    notation((sample) => (sample < begin || sample >= end ? undefined : valueAt(sample))),
  ]
  const age = (sample: number): number => sample - begin
  return [
    // Nothing answers any more in the last moment before the pod is gone.
    put('up', '', (sample) => Number(end === samples || sample < end - stopping)),
    put('parley_build_info', `, role="${role}"`, () => 1),
    put('process_start_time_seconds', '', () => begin * scrapeSeconds),
    put('parley_redis_connected', '', (sample) => Number(age(sample) > 0)),
    put('nodejs_eventloop_lag_p99_seconds', '', (sample) => (age(sample) < 2 ? 0.9 : 0.02)),
    ...seriesOfRole(run, put, age),
  ]
}

function seriesOfRole(
  { pod, role, begin }: Run,
  put: (metric: string, more: string, valueAt: ValueAt) => [string, string],
  age: (sample: number) => number,
): [string, string][] {
  switch (role) {
    case 'sync':
      return [
        // The first works; while it is away, the other one takes over, and keeps the work until it goes itself.
        put('parley_sync_active', '', (sample) => Number(pod === worker(sample))),
        put('parley_sync_hindered', '', (sample) => Number(age(sample) === 0)),
        put('parley_sync_problems', '', (sample) => (age(sample) < 2 ? 0 : 40)),
      ]
    case 'home': {
      const number = Number(pod.at(-1))
      const neighbour = (number + 1) % 3
      return [
        put('parley_home_serving', `, home="hq-${number}", own="yes"`, (sample) => Number(isHome(pod, sample))),
        // It stands by for its neighbour.
        put('parley_home_serving', `, home="hq-${neighbour}", own="no"`, (sample) =>
          isHome(`home-${neighbour}`, sample) ? undefined : 1,
        ),
        put('parley_nats_connected', '', (sample) => Number(age(sample) > 0)),
        put('parley_homes_silent', '', (sample) => Number(age(sample) < 4)),
        put('parley_watch_reports_waiting', '', (sample) => (age(sample) < 4 ? 25 : age(sample) % 3)),
        put('parley_home_changes_total', ', what="taken"', (sample) => Math.floor(age(sample) / 20)),
        put('parley_home_changes_total', ', what="lost"', () => 0),
        put('parley_deliveries_total', ', outcome="delivered"', (sample) => age(sample) * 150),
        put('parley_deliveries_total', ', outcome="unreachable"', (sample) => age(sample) * 2 + 20),
        put('parley_requests_total', ', method="NOTIFY", status="503"', (sample) => (age(sample) > 10 ? 400 : 0)),
      ]
    }
    default:
      return [
        put('parley_requests_total', ', method="NOTIFY", status="200"', (sample) => age(sample) * 500),
        put(
          'parley_requests_total',
          ', method="SUBSCRIBE", status="503"',
          (sample) => (Math.floor(sample / betweenPods) - Math.floor(begin / betweenPods)) * 100,
        ),
        put('parley_sign_in_failures_total', '', (sample) => Math.floor(age(sample) / 4)),
      ]
  }
}

/** Whether a pod is there, and has been for long enough to have its home back. */
function isHome(pod: string, sample: number): boolean {
  return runsOf(pod).some(({ begin, end }) => sample < end - stopping && (begin === 0 || sample >= begin + back))
}

function worker(sample: number): string | undefined {
  const isThere = (pod: string): boolean =>
    runsOf(pod).some(({ begin, end }) => sample >= begin && sample < end - stopping)
  // NOTE: a lease of the one that went is free at once.
  const last = [...Array(sample + 1).keys()].reduce<string>(
    (current, at) => (runsOf(current).some(({ end }) => end - stopping === at) ? other(current) : current),
    'sync-0',
  )
  return isThere(last) ? last : undefined
}

function other(pod: string): string {
  return pod === 'sync-0' ? 'sync-1' : 'sync-0'
}

/** In promtool's words, which ends a series as Prometheus does when its target is gone. */
function notation(valueAt: ValueAt): string {
  const values = Array.from({ length: samples }, (_, sample) => valueAt(sample))
  return values.map((value, at) => value ?? (values[at - 1] === undefined ? '_' : 'stale')).join(' ')
}
