import {
  type Clock,
  type HomeBeat,
  type HomeName,
  type Ids,
  type StatusBus,
  type StatusChange,
  systemClock,
  systemIds,
} from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import type { NatsConfig } from './config.ts'
import { Interest } from './interest.ts'
import { readBeat, readChange, writeBeat, writeChange } from './messages.ts'
import { type NatsEvents, silentNatsEvents } from './nats-events.ts'
import { NatsLink } from './nats-link.ts'
import { Outbox } from './outbox.ts'
import { Subjects } from './subjects.ts'

export interface StatusBusNatsDeps {
  readonly clock?: Clock
  readonly ids?: Ids
  readonly events?: NatsEvents
}

/**
 * The status bus on core NATS, one connection a process; JetStream is not used. A change is one message, whatever the
 * number of its watchers. Listeners of the publishing process hear it before `publish` returns, with or without NATS, and
 * not again from NATS. While there is no connection the bus is degraded, not broken: a thousand changes wait, more are
 * dropped, and after it `onLoss` tells that something may have been missed.
 *
 * What it costs: one subscription for each presentity that somebody in the process watches. A hundred thousand of them take
 * a second, 80 MB of the server and 150 MB of the process; all are sent in one piece after each connect, and the server
 * tells them on to those of its cluster and to leaf nodes. A change is about 60 bytes on a link, two thirds of it its subject.
 */
export class StatusBusNats implements StatusBus, AsyncDisposable {
  readonly #subjects: Subjects
  readonly #changes: Interest<LogicalUrl, StatusChange>
  readonly #beats: Interest<HomeName, HomeBeat>
  readonly #outbox = new Outbox()
  readonly #events: NatsEvents
  readonly #lossListeners = new Set<() => void>()
  #link: NatsLink | undefined

  private constructor(config: NatsConfig, events: NatsEvents) {
    const subjects = new Subjects(config.prefix)
    this.#subjects = subjects
    this.#events = events
    this.#changes = new Interest(
      { name: 'changes', subjectOf: (node: LogicalUrl) => subjects.status(node), read: readChange },
      events,
    )
    this.#beats = new Interest(
      { name: 'beats', subjectOf: (home: HomeName) => subjects.beat(home), read: (_, data) => readBeat(data) },
      events,
    )
  }

  /**
   * Resolves once it is connected, or has found that no server takes it for now: it then goes on trying, and `events.problem`
   * says why. Rejects with NatsConfigError for what cannot become right.
   */
  static async connect(
    config: NatsConfig,
    { clock = systemClock, ids = systemIds, events = silentNatsEvents }: StatusBusNatsDeps = {},
  ): Promise<StatusBusNats> {
    const bus = new StatusBusNats(config, events)
    bus.#link = await NatsLink.open(
      config,
      { clock, ids, events },
      {
        opened: (connection) => {
          bus.#changes.open(connection)
          bus.#beats.open(connection)
          bus.#outbox.open(connection)
        },
        settled: () => bus.#settled(),
        closed: () => {
          bus.#changes.close()
          bus.#beats.close()
          bus.#outbox.close()
        },
      },
    )
    return bus
  }

  /** Host and port of the server; undefined while the bus is degraded. */
  get server(): string | undefined {
    return this.#link?.server
  }

  /** How many presentities this process listens for. */
  get watched(): number {
    return this.#changes.size
  }

  publish(change: StatusChange): void {
    // NOTE: to the others first, since a listener here may publish in its turn.
    this.#outbox.send(this.#subjects.status(change.node), writeChange(change), { keep: true })
    this.#changes.tell(change.node, change)
  }

  watch(node: LogicalUrl, listener: (change: StatusChange) => void): () => void {
    return this.#changes.add(node, listener)
  }

  beat(to: HomeName, beat: HomeBeat): void {
    // NOTE: not kept, as the next beat says all that this one does.
    this.#outbox.send(this.#subjects.beat(to), writeBeat(beat), { keep: false })
    this.#beats.tell(to, beat)
  }

  onBeat(home: HomeName, listener: (beat: HomeBeat) => void): () => void {
    return this.#beats.add(home, listener)
  }

  onLoss(listener: () => void): () => void {
    this.#lossListeners.add(listener)
    return () => void this.#lossListeners.delete(listener)
  }

  /** Resolves once the server knows every watch and has taken in every change so far; at once while there is no connection. */
  async flush(): Promise<void> {
    await this.#link?.flush()
  }

  /** Sends what can be sent within a second, and closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link?.[Symbol.asyncDispose]()
  }

  /** NOTE: told only now that every watch is in effect, so that whoever asks for what it missed misses nothing after that. */
  #settled(): void {
    const lost = this.#outbox.takeLost()
    if (lost > 0) this.#events.lost(lost)
    for (const listener of this.#lossListeners) {
      try {
        listener()
      } catch (err) {
        this.#events.backgroundFailed('a listener for losses', err)
      }
    }
  }
}
