import type { Socket } from 'node:net'
import type { Clock } from '@parley/domain'
import type { CallbackConnection } from './callback-connection.ts'
import type { CallbackLimits } from './callback-limits.ts'
import { CallbackSlots } from './callback-slots.ts'
import { type DeadlineList, Deadlines } from './notify-deadlines.ts'
import type { PendingNotify } from './notify-pending.ts'

/** Clients that close an idle connection soon, such as Node's own listener after 5 s, get this much of it. */
const shortIdleMs = 4_000

/** What all callback inboxes share: time limits, and the number of sockets. */
export class CallbackNetwork {
  readonly limits: CallbackLimits
  readonly slots: CallbackSlots
  readonly connecting: DeadlineList<CallbackConnection>
  readonly answering: DeadlineList<CallbackConnection>
  readonly closing: DeadlineList<CallbackConnection>
  readonly deliveries: DeadlineList<PendingNotify>
  readonly probes: DeadlineList<Socket>
  readonly resets: DeadlineList<() => void>
  readonly #idle: DeadlineList<CallbackConnection>
  readonly #idleShortly: DeadlineList<CallbackConnection>
  #kept = 0

  constructor({ clock, limits }: { clock: Clock; limits: CallbackLimits }) {
    this.limits = limits
    this.slots = new CallbackSlots(limits.connections)
    const deadlines = new Deadlines(clock)
    this.connecting = deadlines.list(limits.connectMs, (connection) => connection.abandon('unconnected'))
    this.answering = deadlines.list(limits.answerMs, (connection) => connection.abandon('timed-out'))
    this.closing = deadlines.list(limits.closingMs, (connection) => connection.destroy())
    this.deliveries = deadlines.list(limits.answerMs, (notify) => notify.expire(notify))
    this.probes = deadlines.list(limits.connectMs, (socket) => socket.destroy())
    this.resets = deadlines.list(limits.resetMs, (reset) => reset())
    this.#idle = deadlines.list(limits.idleMs, (connection) => connection.destroy())
    this.#idleShortly = deadlines.list(shortIdleMs, (connection) => connection.destroy())
  }

  /** Whether one more connection may be kept for a client that keeps it for `keepMs`. */
  canKeep(keepMs: number): boolean {
    return keepMs >= shortIdleMs && this.#kept < this.limits.keptConnections
  }

  /** Counts a connection as kept: it no longer needs its slot. */
  keep(): void {
    this.#kept += 1
    this.slots.release()
  }

  /** A kept connection is gone. */
  unkeep(): void {
    this.#kept -= 1
  }

  /** Starts a kept connection's idle time. */
  startIdle(connection: CallbackConnection, keepMs: number): void {
    if (keepMs >= this.limits.idleMs) this.#idle.add(connection)
    else this.#idleShortly.add(connection)
  }

  stopIdle(connection: CallbackConnection): void {
    this.#idle.remove(connection)
    this.#idleShortly.remove(connection)
  }
}
