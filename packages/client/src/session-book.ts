import type { LogicalUrl } from '@parley/protocol'
import type { ClientRandom } from './client-random.ts'

const maxSessions = 1000

/** The conversation that we have with each node: every message names its session (RVP §10.1). */
export class SessionBook {
  readonly #random: ClientRandom
  readonly #sessions = new Map<LogicalUrl, string>()

  constructor(random: ClientRandom) {
    this.#random = random
  }

  /** The session with `node`; begins one when there is none. Braces and upper case as in RVP §5.6.1. */
  with(node: LogicalUrl): string {
    const sessionId = this.#sessions.get(node) ?? `{${this.#random.guid().toUpperCase()}}`
    this.hear(node, sessionId)
    return sessionId
  }

  /** Answers go into the session in which `node` spoke last. */
  hear(node: LogicalUrl, sessionId: string): void {
    if (sessionId === '') return
    this.#sessions.delete(node)
    this.#sessions.set(node, sessionId)
    const [oldest] = this.#sessions.keys()
    if (oldest !== undefined && this.#sessions.size > maxSessions) this.#sessions.delete(oldest)
  }

  forget(node: LogicalUrl): void {
    this.#sessions.delete(node)
  }
}
