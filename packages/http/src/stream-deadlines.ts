import type { Clock } from '@parley/domain'
import type { StreamInbox } from './inbox-stream.ts'
import { type DeadlineList, Deadlines } from './notify-deadlines.ts'
import type { PendingNotify } from './notify-pending.ts'
import type { StreamLimits } from './stream-limits.ts'

/** How often a stream that was too slow is looked at again. */
const pollMs = 250

/** The time limits of all streams of one hub. */
export class StreamDeadlines {
  readonly deliveries: DeadlineList<PendingNotify>
  readonly heartbeats: DeadlineList<StreamInbox>
  readonly absent: DeadlineList<StreamInbox>
  readonly unacknowledged: DeadlineList<StreamInbox>
  readonly blocked: DeadlineList<StreamInbox>
  /** How many looks at a blocked stream without progress make it stuck. */
  readonly stuckPolls: number

  constructor(clock: Clock, limits: StreamLimits) {
    const deadlines = new Deadlines(clock)
    this.deliveries = deadlines.list(limits.acknowledgeMs, (notify) => notify.expire(notify))
    this.heartbeats = deadlines.list(limits.heartbeatMs, (stream) => stream.beat())
    this.absent = deadlines.list(limits.graceMs, (stream) => stream.giveUp())
    this.unacknowledged = deadlines.list(limits.silenceMs, (stream) => stream.age())
    this.blocked = deadlines.list(pollMs, (stream) => stream.poll())
    this.stuckPolls = Math.ceil(limits.stuckMs / pollMs)
  }
}
