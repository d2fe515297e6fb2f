import type { SyncCondition, SyncResult } from '@parley/directory-sync'
import { Counter, Gauge, Registry } from 'prom-client'
import type { CertificateDate } from './certificate-dates.ts'
import { registerProcessMetrics } from './process-metrics.ts'

/** What a `parley sync` is asked at each scrape. */
export interface SyncMetricSources {
  readonly isReady: () => boolean
  readonly isRedisConnected: () => boolean
  /** Certificates that it has read. */
  readonly certificates?: () => readonly CertificateDate[]
}

/** What `parley sync` counts, for Prometheus. */
export class SyncMetrics {
  readonly #registry = new Registry()
  readonly #changes: Counter
  readonly #runs: Counter
  readonly #users: Gauge
  readonly #groups: Gauge
  readonly #problems: Gauge
  readonly #active: Gauge
  readonly #hindered: Gauge

  /** All are asked at each scrape. */
  constructor({ isReady, isRedisConnected, certificates = () => [] }: SyncMetricSources) {
    const registers = [this.#registry]
    registerProcessMetrics(this.#registry, 'sync', certificates)
    this.#changes = new Counter({
      name: 'parley_sync_changes_total',
      help: 'Entries of the directory map that were written, by what happened to them.',
      labelNames: ['what'],
      registers,
    })
    this.#runs = new Counter({
      name: 'parley_sync_runs_total',
      help: 'Runs that were complete, by what they read: everything, or changes.',
      labelNames: ['read'],
      registers,
    })
    this.#users = new Gauge({ name: 'parley_sync_users', help: 'Users from the directory in the map.', registers })
    this.#groups = new Gauge({ name: 'parley_sync_groups', help: 'Groups from the directory in the map.', registers })
    this.#problems = new Gauge({
      name: 'parley_sync_problems',
      help: 'Entries of the directory with problems, those that wait for an alias or a name included.',
      registers,
    })
    this.#active = new Gauge({ name: 'parley_sync_active', help: '1 for the process that writes.', registers })
    gaugeOf(this.#registry, 'parley_ready', '1 while it works or stands by.', isReady)
    gaugeOf(this.#registry, 'parley_redis_connected', '1 while Redis answers.', isRedisConnected)
    this.#hindered = new Gauge({
      name: 'parley_sync_hindered',
      help: '1 while the directory is away, a run is refused, or it fails.',
      registers,
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The exposition text. */
  async text(): Promise<string> {
    return await this.#registry.metrics()
  }

  ran({ read, added, changed, renamed, removed, users, groups, problems }: SyncResult): void {
    this.#runs.inc({ read })
    for (const [what, count] of Object.entries({ added, changed, renamed, removed })) this.#changes.inc({ what }, count)
    this.#users.set(users)
    this.#groups.set(groups)
    this.#problems.set(problems)
  }

  conditionChanged({ state }: SyncCondition): void {
    this.#active.set(state === 'standby' ? 0 : 1)
    this.#hindered.set(state === 'active' || state === 'standby' ? 0 : 1)
  }
}

function gaugeOf(registry: Registry, name: string, help: string, isSo: () => boolean): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(Number(isSo()))
    },
  })
}
