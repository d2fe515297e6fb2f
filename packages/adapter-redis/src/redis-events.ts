/** What an operator should know of the connection to Redis. Each is told once, until it changes; no text holds a secret. */
export interface RedisEvents {
  /** Redis answers (again). */
  connected(): void
  /** Redis no longer answers, and why; it is tried again and again. */
  disconnected(detail: string): void
  /** Redis answers, but something must be changed; `detail` says what, and `name` tells it from others. */
  problem(detail: string, name: string): void
  /** What was told under this name is over. */
  solved?(name: string): void
}

export const silentRedisEvents: RedisEvents = {
  connected: () => undefined,
  disconnected: () => undefined,
  problem: () => undefined,
}

const mostProblems = 1000

/** Tells events once each: a state until it changes, a problem until it is over. */
export class RedisCondition {
  readonly #events: RedisEvents
  #connected: boolean | undefined
  readonly #problems = new Map<string, 'write' | 'lasting'>()

  constructor(events: RedisEvents) {
    this.#events = events
  }

  connected(): void {
    if (this.#connected) return
    this.#connected = true
    this.#events.connected()
  }

  disconnected(detail: string): void {
    if (this.#connected === false) return
    this.#connected = false
    this.#events.disconnected(detail)
  }

  /** `name` tells problems apart; those of kind `write` are over when a write succeeds, others when `over` is called. */
  problem(name: string, detail: string, kind: 'write' | 'lasting' = 'lasting'): void {
    if (this.#problems.has(name) || this.#problems.size >= mostProblems) return
    this.#problems.set(name, kind)
    this.#events.problem(detail, name)
  }

  /** Whether anything was told that is not over. */
  get hasProblems(): boolean {
    return this.#problems.size > 0
  }

  over(name: string): void {
    if (this.#problems.delete(name)) this.#events.solved?.(name)
  }

  wrote(): void {
    if (!this.hasProblems) return
    for (const [name, kind] of this.#problems) if (kind === 'write') this.over(name)
  }
}
