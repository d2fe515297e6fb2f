import type { Socket } from 'node:net'
import type { Clock } from '@parley/domain'
import type { CallbackConnection } from './callback-connection.ts'
import type { CallbackLimits } from './callback-limits.ts'
import { CallbackSlots } from './callback-slots.ts'
import { type DeadlineList, type DeadlineSet, Deadlines } from './notify-deadlines.ts'
import type { PendingNotify } from './notify-pending.ts'

/** After how long an inbox asks again that may deliver nothing. */
const withheldMs = 250

/** What all callback inboxes share: time limits, and the number of sockets. */
export class CallbackNetwork {
  readonly limits: CallbackLimits
  readonly slots: CallbackSlots
  readonly deadlines: Deadlines
  readonly connections: DeadlineSet<CallbackConnection>
  readonly deliveries: DeadlineList<PendingNotify>
  readonly probes: DeadlineList<Socket>
  readonly resets: DeadlineList<() => void>
  /** How inboxes that may deliver nothing for now ask again. */
  readonly withheld: DeadlineList<() => void>
  #kept = 0

  constructor({ clock, limits }: { clock: Clock; limits: CallbackLimits }) {
    this.limits = limits
    this.slots = new CallbackSlots(limits.connections)
    const deadlines = new Deadlines(clock)
    this.deadlines = deadlines
    this.connections = deadlines.set()
    this.deliveries = deadlines.list(limits.answerMs, (notify) => notify.expire(notify))
    this.probes = deadlines.list(limits.connectMs, (socket) => socket.destroy())
    this.resets = deadlines.list(limits.resetMs, (reset) => reset())
    this.withheld = deadlines.list(withheldMs, (askAgain) => askAgain())
  }

  /** Whether one more connection may be kept. */
  get canKeep(): boolean {
    return this.#kept < this.limits.keptConnections
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
}
