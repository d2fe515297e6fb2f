import type { HomeCounts } from '@parley/home'
import type { ListenerLoad } from '@parley/http'
import type { RouterCounts } from '@parley/router'
import { Counter, Gauge, Registry } from 'prom-client'
import type { CertificateDate } from './certificate-dates.ts'
import { DurationHistogram } from './duration-histogram.ts'
import type { ServingHome } from './held-home.ts'
import { type ProcessRole, registerProcessMetrics } from './process-metrics.ts'

/** What a process is asked at each scrape; what it has not is not among its metrics. */
export interface MetricSources {
  readonly role: ProcessRole
  /** Certificates that it has read. */
  readonly certificates?: () => readonly CertificateDate[]
  /** Whether it takes requests. */
  readonly isReady: () => boolean
  /** Of all its listeners. */
  readonly loads: () => readonly Readonly<ListenerLoad>[]
  /** What its homes hold. */
  readonly counts?: () => HomeCounts | undefined
  /** Its homes that are held under leases, and those that should be. */
  readonly homes?: () => readonly ServingHome[]
  /** What waits for a home. */
  readonly waiting?: () => RouterCounts | undefined
  /** How many things are wrong, as `parley status` would name them. */
  readonly degraded?: () => number
  /** Whether it is connected, by the name of the product. */
  readonly connected?: { readonly redis: () => boolean; readonly nats?: () => boolean }
}

/** NOTE: those that have not happened are shown, too, or Prometheus would not notice the first that does. */
const homeChanges = ['taken', 'handed-over', 'lost', 'open-failed'] as const

/**
 * Counters as plain numbers, so that counting costs nothing on the hot path; Prometheus' objects are filled when somebody asks.
 */
export class Metrics {
  readonly requests = new Map<string, number>()
  readonly deliveries = new Map<string, number>()
  readonly devicesGone = new Map<string, number>()
  readonly refused = new Map<string, number>()
  /** Requests that a router handed on, by how it went. */
  readonly forwarded = new Map<string, number>()
  /** What became of homes: taken, handed over, lost, or not opened. */
  readonly homeChanges = new Map<string, number>(homeChanges.map((what) => [what, 0]))
  /** Requests to and from other IM domains, those of the policy only. */
  readonly federated = new Map<string, number>()
  presenceChanges = 0
  presenceNotifications = 0
  connections = 0
  failures = 0
  signInFailures = 0
  readonly durations = new DurationHistogram(
    'parley_request_duration_seconds',
    'How long requests took, from the end of the request to the answer, by method.',
    'method',
  )
  readonly #registry = new Registry()

  constructor(sources: Partial<MetricSources> = {}) {
    const { role, certificates = () => [] } = sources
    if (role) registerProcessMetrics(this.#registry, role, certificates)
    this.#countRequests()
    this.#countPresence()
    this.#gaugeProcess(sources)
    if (sources.counts) this.#gaugeNodes(sources.counts)
    if (sources.homes) this.#gaugeHomes(sources.homes)
    if (sources.waiting) this.#gaugeWaiting(sources.waiting)
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The exposition text. */
  async text(): Promise<string> {
    return `${await this.#registry.metrics()}\n${this.durations.text()}`
  }

  #countRequests(): void {
    this.#labelled(
      'parley_requests_total',
      'Requests answered, by method and status.',
      ['method', 'status'],
      this.requests,
    )
    this.#labelled(
      'parley_refused_requests_total',
      'Malformed requests and refused connections, by status.',
      ['status'],
      this.refused,
    )
    this.#labelled(
      'parley_federated_requests_total',
      'Requests to and from other IM domains, by status.',
      ['domain', 'direction', 'status'],
      this.federated,
    )
    this.#total('parley_sign_in_failures_total', 'Wrong passwords and other wrong proofs.', () => this.signInFailures)
    this.#total('parley_background_failures_total', 'Work that failed with nobody waiting for it.', () => this.failures)
  }

  #countPresence(): void {
    this.#labelled(
      'parley_deliveries_total',
      'Notifications that their sender waited for, by outcome.',
      ['outcome'],
      this.deliveries,
    )
    this.#labelled('parley_devices_gone_total', 'Devices that are gone, by reason.', ['why'], this.devicesGone)
    this.#total('parley_presence_changes_total', 'Changes of a derived state.', () => this.presenceChanges)
    this.#total(
      'parley_presence_notifications_total',
      'Presence notifications handed to inboxes.',
      () => this.presenceNotifications,
    )
  }

  #gaugeProcess({ isReady, loads, degraded, connected }: Partial<MetricSources>): void {
    this.#gauge('parley_connections', 'Open connections of all listeners.', () => this.connections)
    if (isReady) this.#gauge('parley_ready', '1 while requests are taken.', () => Number(isReady()))
    if (loads) {
      this.#gauge(
        'parley_requests_in_flight',
        'Requests taken and not answered yet, open streams not among them.',
        () => loads().reduce((sum, { requests }) => sum + requests, 0),
      )
      this.#gauge('parley_streams', 'Open streams.', () => loads().reduce((sum, { streams }) => sum + streams, 0))
    }
    if (degraded) this.#gauge('parley_degraded', 'How many things are wrong, as "parley status" names them.', degraded)
    const { redis, nats } = connected ?? {}
    if (redis) this.#gauge('parley_redis_connected', '1 while Redis answers.', () => Number(redis()))
    if (nats) this.#gauge('parley_nats_connected', '1 while NATS answers.', () => Number(nats()))
  }

  #gaugeNodes(counts: NonNullable<MetricSources['counts']>): void {
    this.#gauge('parley_nodes', 'Nodes in memory.', () => counts()?.nodes)
    this.#gauge('parley_users_online', 'Users who are not offline.', () => counts()?.online)
    this.#gauge('parley_devices', 'Devices signed in.', () => counts()?.devices)
    this.#gauge('parley_subscriptions', 'Live subscriptions.', () => counts()?.subscriptions)
    this.#gauge(
      'parley_watch_reports_waiting',
      'Watches and states that other homes have not been told of yet.',
      () => counts()?.watchReportsWaiting,
    )
    this.#gauge(
      'parley_homes_silent',
      'Other homes whose users are watched here, and of which nothing was heard for some time.',
      () => counts()?.homesSilent,
    )
  }

  #gaugeHomes(homes: NonNullable<MetricSources['homes']>): void {
    this.#labelled('parley_home_changes_total', 'What became of homes.', ['what'], this.homeChanges)
    new Gauge({
      name: 'parley_home_serving',
      help: '1 for a home that this process holds and serves; 0 for one that it should serve, and does not.',
      labelNames: ['home', 'own'],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const { home, own, serving } of homes()) this.set({ home, own: own ? 'yes' : 'no' }, Number(serving))
      },
    })
  }

  #gaugeWaiting(waiting: NonNullable<MetricSources['waiting']>): void {
    this.#labelled(
      'parley_forwarded_requests_total',
      'Requests handed to homes, by how it went.',
      ['how'],
      this.forwarded,
    )
    this.#gauge('parley_requests_waiting', 'Requests that wait for a home that nobody serves.', () => waiting()?.held)
    this.#gauge('parley_requests_waiting_bytes', 'Bytes of their bodies.', () => waiting()?.heldBytes)
  }

  #labelled(name: string, help: string, labelNames: string[], values: Map<string, number>): void {
    new Counter({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const [key, value] of values) {
          const labels = key.split(' ')
          this.inc(Object.fromEntries(labelNames.map((label, index) => [label, labels[index] ?? ''])), value)
        }
      },
    })
  }

  #total(name: string, help: string, value: () => number): void {
    new Counter({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.reset()
        this.inc(value())
      },
    })
  }

  #gauge(name: string, help: string, value: () => number | undefined): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(value() ?? 0)
      },
    })
  }
}

/** Adds one to the count of `key`. */
export function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
