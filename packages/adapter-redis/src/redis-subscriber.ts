import type { Clock } from '@parley/domain'
import type { Redis } from 'ioredis'
import { retryDelayMs } from './redis-clients.ts'

/** Takes the messages of one channel; undefined when some may have been missed. */
export type ChannelListener = (message: string | undefined) => void

const pingMs = 3000

/** Listens on channels over a connection of its own, which it makes anew whenever it is lost. */
export class RedisSubscriber implements AsyncDisposable {
  readonly #connect: (attempt: number) => Redis
  readonly #clock: Clock
  readonly #listeners: ReadonlyMap<string, Set<ChannelListener>>
  #client: Redis | undefined
  #closed = false
  #attempts = 0
  #cancelTimer: () => void = () => undefined
  /** Of the attempt under way; never rejects. */
  #work: Promise<void> = Promise.resolve()

  /** `connect` makes a client that is not connected yet. */
  constructor(connect: (attempt: number) => Redis, channels: readonly string[], clock: Clock) {
    this.#connect = connect
    this.#clock = clock
    this.#listeners = new Map(channels.map((channel) => [channel, new Set()]))
  }

  /** Tries to subscribe once; later attempts follow by themselves, whatever became of the first. */
  async start(): Promise<void> {
    this.#work = this.#subscribe()
    await this.#work
  }

  /** Returns how to stop. */
  listen(channel: string, listener: ChannelListener): () => void {
    // NOTE: one entry a call, since the same function may listen twice.
    const entry: ChannelListener = (message) => listener(message)
    const listeners = this.#listeners.get(channel)
    listeners?.add(entry)
    return () => void listeners?.delete(entry)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    this.#cancelTimer()
    this.#client?.disconnect()
    await this.#work
  }

  async #subscribe(): Promise<void> {
    if (this.#closed) return
    const client = this.#connect(this.#attempts)
    this.#client = client
    // What is wrong is told by the connection for commands, which meets the same.
    client.on('error', () => undefined)
    client.on('message', (channel: string, message: string) => {
      for (const listener of this.#listeners.get(channel) ?? []) listener(message)
    })
    client.on('end', () => this.#lost(client))
    try {
      await client.connect()
      await client.subscribe(...this.#listeners.keys())
    } catch {
      client.disconnect()
      this.#lost(client)
      return
    }
    this.#attempts = 0
    this.#tellGap()
    this.#keepAlive(client)
  }

  #lost(client: Redis): void {
    if (this.#client !== client) return
    this.#client = undefined
    this.#cancelTimer()
    if (this.#closed) return
    this.#cancelTimer = this.#clock.after(retryDelayMs(++this.#attempts), () => {
      this.#work = this.#subscribe()
    })
  }

  #tellGap(): void {
    for (const listeners of this.#listeners.values()) for (const listener of listeners) listener(undefined)
  }

  /** NOTE: a dead peer shows only to who expects an answer; the client ends a connection on which none comes. */
  #keepAlive(client: Redis): void {
    if (this.#client !== client) return
    this.#cancelTimer = this.#clock.after(pingMs, () => {
      client.ping().then(
        () => this.#keepAlive(client),
        () => client.disconnect(),
      )
    })
  }
}
