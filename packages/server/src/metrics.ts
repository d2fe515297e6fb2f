import type { HomeCounts } from '@parley/home'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'

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
  /** Requests to and from other IM domains, those of the policy only. */
  readonly federated = new Map<string, number>()
  presenceChanges = 0
  presenceNotifications = 0
  connections = 0
  failures = 0
  signInFailures = 0
  readonly #registry = new Registry()

  /** `counts` is asked at each scrape. */
  constructor(counts: () => HomeCounts | undefined) {
    collectDefaultMetrics({ register: this.#registry })
    this.#labelled(
      'parley_requests_total',
      'Requests answered, by method and status.',
      ['method', 'status'],
      this.requests,
    )
    this.#labelled(
      'parley_deliveries_total',
      'Notifications that their sender waited for, by outcome.',
      ['outcome'],
      this.deliveries,
    )
    this.#labelled('parley_devices_gone_total', 'Devices that are gone, by reason.', ['why'], this.devicesGone)
    this.#labelled(
      'parley_refused_requests_total',
      'Malformed requests and refused connections, by status.',
      ['status'],
      this.refused,
    )
    this.#labelled(
      'parley_forwarded_requests_total',
      'Requests handed to homes, by how it went.',
      ['how'],
      this.forwarded,
    )
    this.#labelled(
      'parley_federated_requests_total',
      'Requests to and from other IM domains, by status.',
      ['domain', 'direction', 'status'],
      this.federated,
    )
    this.#total('parley_presence_changes_total', 'Changes of a derived state.', () => this.presenceChanges)
    this.#total(
      'parley_presence_notifications_total',
      'Presence notifications handed to inboxes.',
      () => this.presenceNotifications,
    )
    this.#total('parley_sign_in_failures_total', 'Wrong passwords and other wrong proofs.', () => this.signInFailures)
    this.#total('parley_background_failures_total', 'Work that failed with nobody waiting for it.', () => this.failures)
    this.#gauge('parley_connections', 'Open client connections.', () => this.connections)
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

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The exposition text. */
  async text(): Promise<string> {
    return await this.#registry.metrics()
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
