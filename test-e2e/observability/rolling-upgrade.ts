import type { Series } from './alert-case.ts'

/** Seconds between two samples, as Prometheus is usually set up. */
export const scrapeSeconds = 15

const samples = 200
const [stopping, down, opening, back] = [1, 3, 2, 4]
const betweenPods = stopping + down + opening + back + 4

/**
 * What Prometheus sees of an upgrade of three homes, two routers and two `parley sync`, one pod after the other, each new one under an
 * address of its own; and of the roll-back at once afterwards. Everything goes as it should, so nobody is to be told.
 */
export function rollingUpgrade(): Series {
  const series: Record<string, string> = {}
  const pods = ['sync-0', 'sync-1', 'home-0', 'home-1', 'home-2', 'router-0', 'router-1']
  pods.forEach((pod, at) => {
    const stops = [10 + at * betweenPods, 10 + (at + pods.length) * betweenPods]
    Object.assign(series, seriesOf(pod, stops))
  })
  return series
}

/** One pod, which is another process under another address after each of its `stops`, which are numbers of samples. */
function seriesOf(pod: string, stops: readonly number[]): Record<string, string> {
  const series: Record<string, string> = {}
  const [role = ''] = pod.split('-')
  const ends = [...stops.map((stop) => stop + stopping), samples]
  let begin = 0
  for (const [generation, end] of ends.entries()) {
    const labels = `job="im/parley-${role}", pod="${pod}", instance="10.0.${generation}.${pod}:9464"`
    const lasts = end - begin
    const put = (metric: string, more: string, valueAt: (age: number) => number): void => {
      const values = Array.from({ length: lasts }, (_, age) => valueAt(age))
      const isLast = end === samples
      series[`${metric}{${labels}${more}}`] = [
        ...Array<string>(begin).fill('_'),
        ...values,
        ...(isLast ? [] : ['stale']),
      ].join(' ')
    }
    // Nothing answers any more in the last moment before the pod is gone.
    put('up', '', (age) => Number(end === samples || age < lasts - stopping))
    put('parley_build_info', `, role="${role}"`, () => 1)
    put('process_start_time_seconds', '', () => begin * scrapeSeconds)
    put('parley_redis_connected', '', (age) => Number(age > 0))
    put('nodejs_eventloop_lag_p99_seconds', '', (age) => (age < 2 ? 0.9 : 0.02))
    putRole(role, pod, generation, lasts, put)
    begin = end + down
  }
  return series
}

type Put = (metric: string, more: string, valueAt: (age: number) => number) => void

function putRole(role: string, pod: string, generation: number, lasts: number, put: Put): void {
  switch (role) {
    case 'sync':
      // sync-0 goes first, sync-1 takes over and goes itself then.
      put('parley_sync_active', '', (age) =>
        pod === 'sync-0' ? Number(generation === 0 || age > betweenPods) : Number(generation === 0 && age >= 11),
      )
      put('parley_sync_hindered', '', (age) => Number(age === 0))
      put('parley_sync_problems', '', (age) => (age < 2 ? 0 : 40))
      return
    case 'home': {
      const home = pod.replace('home', 'hq')
      const next = `hq-${(Number(pod.at(-1)) + 2) % 3}`
      const isBack = (age: number): boolean => generation === 0 || age >= opening + back
      put('parley_home_serving', `, home="${home}", own="yes"`, (age) => Number(isBack(age)))
      put('parley_home_serving', `, home="${next}", own="no"`, () => 1)
      put('parley_nats_connected', '', (age) => Number(age > 0))
      put('parley_homes_silent', '', (age) => Number(age < 4))
      put('parley_watch_reports_waiting', '', (age) => (age < 4 ? 25 : age % 3))
      put('parley_home_changes_total', ', what="taken"', (age) => Math.floor(age / 20))
      put('parley_home_changes_total', ', what="lost"', () => 0)
      put('parley_deliveries_total', ', outcome="delivered"', (age) => age * 150)
      put('parley_deliveries_total', ', outcome="unreachable"', (age) => age * 2 + (age > 3 ? 20 : 0))
      put('parley_requests_total', ', method="NOTIFY", status="503"', (age) => (age > lasts - 3 ? 400 : 0))
      return
    }
    default:
      put('parley_requests_total', ', method="NOTIFY", status="200"', (age) => age * 500)
      put('parley_requests_total', ', method="SUBSCRIBE", status="503"', (age) => Math.floor(age / betweenPods) * 20)
      put('parley_sign_in_failures_total', '', (age) => Math.floor(age / 4))
  }
}
