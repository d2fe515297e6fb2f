import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import type { NatsEvents } from './nats-events.ts'

interface Listened<Message> {
  readonly listeners: Set<(message: Message) => void>
  subscription: Subscription | undefined
}

/** What an interest needs to know of its kind of message. */
export interface InterestKind<Key, Message> {
  /** For the log: who failed. */
  readonly name: string
  subjectOf(key: Key): string
  /** Undefined for what is no message of this kind about `key`. */
  read(key: Key, data: Uint8Array): Message | undefined
}

/** Who listens to what: one NATS subscription a subject, from its first listener to its last. */
export class Interest<Key extends string, Message> {
  readonly #kind: InterestKind<Key, Message>
  readonly #events: NatsEvents
  readonly #listened = new Map<Key, Listened<Message>>()
  #connection: NatsConnection | undefined

  constructor(kind: InterestKind<Key, Message>, events: NatsEvents) {
    this.#kind = kind
    this.#events = events
  }

  /** Subscriptions at the server, one a key. */
  get size(): number {
    return this.#listened.size
  }

  add(key: Key, listener: (message: Message) => void): () => void {
    const listened = this.#listened.get(key) ?? this.#listen(key)
    listened.listeners.add(listener)
    return () => {
      listened.listeners.delete(listener)
      if (listened.listeners.size > 0 || this.#listened.get(key) !== listened) return
      this.#listened.delete(key)
      listened.subscription?.unsubscribe()
    }
  }

  /** Tells the listeners of this process. */
  tell(key: Key, message: Message): void {
    for (const listener of this.#listened.get(key)?.listeners ?? []) {
      // NOTE: an error would else end the reading of the connection, or reach whoever publishes.
      try {
        listener(message)
      } catch (err) {
        this.#events.backgroundFailed(`a listener for ${this.#kind.name}`, err)
      }
    }
  }

  /** There is a new connection: subscribes to everything on it. */
  open(connection: NatsConnection): void {
    this.#connection = connection
    for (const [key, listened] of this.#listened) listened.subscription = this.#subscribe(connection, key)
  }

  /** The connection is gone, and its subscriptions with it. */
  close(): void {
    this.#connection = undefined
    for (const listened of this.#listened.values()) listened.subscription = undefined
  }

  #listen(key: Key): Listened<Message> {
    const subscription = this.#connection && this.#subscribe(this.#connection, key)
    const listened = { listeners: new Set<(message: Message) => void>(), subscription }
    this.#listened.set(key, listened)
    return listened
  }

  /** Undefined when the connection has just ended: the next one is subscribed on. */
  #subscribe(connection: NatsConnection, key: Key): Subscription | undefined {
    if (connection.isClosed()) return undefined
    // NOTE: with a callback, messages are handled as they are read. So nothing queues here: a process that is too slow lets
    // the server wait, which ends the connection when it has waited enough (write_deadline, max_pending).
    return connection.subscribe(this.#kind.subjectOf(key), {
      callback: (error, message) => {
        if (!error) this.#heard(key, message)
      },
    })
  }

  #heard(key: Key, message: Msg): void {
    const read = this.#kind.read(key, message.data)
    if (read) this.tell(key, read)
    else this.#events.malformed(message.subject)
  }
}
