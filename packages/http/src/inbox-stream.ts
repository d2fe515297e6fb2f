import type { Delivery, DeliveryOutcome, Inbox, InboxEvents } from '@parley/domain'
import type { ResponseSink } from './http-message.ts'
import { PendingNotify } from './notify-pending.ts'
import { NotifyQueue } from './notify-queue.ts'
import type { StreamDeadlines } from './stream-deadlines.ts'
import {
  closeEvent,
  heartbeat,
  notifyEvent,
  openEvent,
  parseStreamPosition,
  resetEvent,
  type StreamEnd,
  streamIdPrefix,
} from './stream-event.ts'
import type { StreamLimits } from './stream-limits.ts'
import { StreamLog } from './stream-log.ts'

/** What a stream needs of its hub. */
export interface StreamContext {
  readonly limits: StreamLimits
  readonly deadlines: StreamDeadlines
  /** How long the device should wait before it comes back; differs, so that not all come at once. */
  retryMs(): number
  /** The inbox is closed: its token is worth nothing any more. */
  forget(stream: StreamInbox): void
}

/**
 * Delivers to a device over the stream that it opened (docs/protocol/streams.md). What was sent and not acknowledged is kept
 * in a log for a resume; what could not be sent yet waits in a queue and gets its number when it is sent.
 */
export class StreamInbox implements Inbox {
  readonly token: string
  readonly #context: StreamContext
  readonly #events: InboxEvents
  readonly #epoch: string
  readonly #idPrefix: string
  readonly #queue: NotifyQueue
  readonly #log: StreamLog
  #sink: ResponseSink | undefined
  /** `new` until the first connection; `given-up` once the grace is over. */
  #state: 'new' | 'used' | 'given-up' | 'closed' = 'new'
  /** States were dropped before they had a number. */
  #hasLosses = false
  #isHeld = false
  #pendingAtLastPoll = 0
  #closedAs: 'closed' | 'moved' = 'closed'
  #pollsWithoutProgress = 0

  /** `epoch` is at most eight of 0-9 and a-z. */
  constructor(context: StreamContext, token: string, epoch: string, events: InboxEvents) {
    const { limits } = context
    this.token = token
    this.#context = context
    this.#events = events
    this.#epoch = epoch
    this.#idPrefix = streamIdPrefix(epoch)
    this.#queue = new NotifyQueue(limits.waiting, limits.waitingLength)
    this.#log = new StreamLog(limits.replayed, limits.replayedLength)
  }

  /** Begins the time within which the device must come. */
  start(): void {
    this.#context.deadlines.absent.add(this)
  }

  post(delivery: Delivery): void {
    this.#accept(new PendingNotify(delivery, this.#expire))
  }

  deliver(delivery: Delivery): Promise<DeliveryOutcome> {
    return new Promise((resolve) => this.#accept(new PendingNotify(delivery, this.#expire, resolve)))
  }

  hold(): void {
    this.#isHeld = true
    for (const notify of this.#queue.takeMessages()) this.#settle(notify, 'held')
  }

  close(why?: 'moved'): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#closedAs = why ?? 'closed'
    this.#context.forget(this)
    this.#context.deadlines.absent.remove(this)
    // NOTE: without a word the device comes back by itself, to whoever serves its node then.
    if (why === 'moved') this.disconnect()
    const connection = this.#detach()
    if (why === undefined) connection?.finish('ended')
    for (const notify of [...this.#log.takeAll(), ...this.#queue.takeAll()]) this.#settle(notify, this.#closedAs)
  }

  /** Takes a connection that the device opened, in place of the one before. */
  attach(sink: ResponseSink, lastEventId: string | undefined): void {
    if (this.#state === 'closed') {
      sink.end()
      return
    }
    let isGone = false
    sink.onClose(() => {
      isGone = true
      this.#lost(sink)
    })
    // NOTE: it may have gone while its home was looked up, and the device has long come back on another connection.
    if (isGone) return
    this.#detach()?.finish('replaced')
    const isFirst = this.#state === 'new' && lastEventId === undefined
    const position = this.#positionOf(lastEventId)
    const resumed = position !== undefined && !this.#hasLosses && this.#log.isCompleteAfter(position)
    const needsReset = !resumed && !isFirst
    if (position === undefined) {
      // What was sent may have been read by a device that forgot it: it must not arrive twice.
      for (const notify of this.#log.takeAll()) this.#settle(notify, 'unreachable')
    } else this.#acknowledgeUpTo(position)
    this.#state = 'used'
    this.#hasLosses = false
    this.#connect(sink)
    const start = position ?? this.#log.last
    const { limits } = this.#context
    const heartbeatSeconds = Math.round(limits.heartbeatMs / 1000)
    sink.write(openEvent(this.#idPrefix, start, { retryMs: this.#context.retryMs(), heartbeatSeconds, resumed }))
    if (needsReset) sink.write(resetEvent)
    for (const notify of this.#log.after(start)) sink.write(notifyEvent(this.#idPrefix, notify.sequence, notify.json))
    this.#flush()
    this.#events.reachable()
    if (needsReset) this.#events.reset()
  }

  /** Takes the device's word for having everything up to `eventId`; false when that is none of this stream's. */
  acknowledge(eventId: string): boolean {
    const position = this.#positionOf(eventId)
    if (position === undefined) return false
    this.#acknowledgeUpTo(position)
    this.#flush()
    return true
  }

  /** Ends the connection without a word, so that the device comes back. */
  disconnect(): void {
    this.#sink?.end()
  }

  /** Writes a heartbeat, and sees to the next. */
  beat(): void {
    this.#context.deadlines.heartbeats.add(this)
    if (this.#sink && !this.#isTooSlow()) this.#sink.write(heartbeat)
  }

  /** The device did not come back in time. */
  giveUp(): void {
    this.#state = 'given-up'
    for (const notify of this.#log.takeAll()) this.#settle(notify, 'unreachable')
    for (const notify of this.#queue.takeAll()) this.#lose(notify, 'unreachable')
    this.#events.unreachable('silent')
  }

  /** Cuts the stream when the device has long acknowledged nothing: it may be gone without our connection's knowing. */
  age(): void {
    if (this.#log.age()) this.#sink?.destroy()
    else if (!this.#log.isEmpty) this.#context.deadlines.unacknowledged.add(this)
  }

  /** Goes on with a stream that was too slow, or cuts it when it is stuck. */
  poll(): void {
    if (!this.#sink) return
    if (!this.#isTooSlow()) {
      this.#flush()
      return
    }
    const { pendingBytes } = this.#sink
    this.#pollsWithoutProgress = pendingBytes < this.#pendingAtLastPoll ? 0 : this.#pollsWithoutProgress + 1
    this.#pendingAtLastPoll = pendingBytes
    if (this.#pollsWithoutProgress >= this.#context.deadlines.stuckPolls) this.#sink.destroy()
    else this.#context.deadlines.blocked.add(this)
  }

  #accept(notify: PendingNotify): void {
    if (this.#state === 'closed') {
      notify.settle(this.#closedAs)
      return
    }
    if (this.#isHeld && notify.isMessage) {
      notify.settle('held')
      return
    }
    if (this.#state === 'given-up') {
      this.#lose(notify, 'unreachable')
      return
    }
    if (notify.isAwaited) this.#context.deadlines.deliveries.add(notify)
    if (this.#sink && this.#queue.size === 0 && this.#canSend(this.#sink)) {
      this.#send(this.#sink, notify)
      return
    }
    const queued = this.#queue.add(notify)
    if (!queued) this.#lose(notify, 'overflow')
    else if (queued !== notify) this.#adopt(queued, notify)
  }

  /** `queued` now stands for `newer` too, and has the time limit of the one whose sender waits. */
  #adopt(queued: PendingNotify, newer: PendingNotify): void {
    const { deliveries } = this.#context.deadlines
    deliveries.remove(newer)
    if (queued.isAwaited && !deliveries.has(queued)) deliveries.add(queued)
  }

  #canSend(sink: ResponseSink): boolean {
    if (sink.pendingBytes <= this.#context.limits.pendingBytes) return this.#log.makeRoom()
    const { blocked } = this.#context.deadlines
    if (!blocked.has(this)) {
      this.#pendingAtLastPoll = sink.pendingBytes
      this.#pollsWithoutProgress = 0
      blocked.add(this)
    }
    return false
  }

  #send(sink: ResponseSink, notify: PendingNotify): void {
    if (this.#log.isEmpty) this.#watchSilence()
    const sequence = this.#log.append(notify)
    sink.write(notifyEvent(this.#idPrefix, sequence, notify.json))
  }

  #watchSilence(): void {
    const { unacknowledged } = this.#context.deadlines
    this.#log.age()
    if (!unacknowledged.has(this)) unacknowledged.add(this)
  }

  #flush(): void {
    const sink = this.#sink
    if (!sink) return
    while (this.#queue.size > 0 && this.#canSend(sink)) {
      const notify = this.#queue.take()
      if (notify) this.#send(sink, notify)
    }
    if (!this.#hasLosses || this.#queue.size > 0) return
    this.#hasLosses = false
    sink.write(resetEvent)
    this.#events.reset()
  }

  #isTooSlow(): boolean {
    return (this.#sink?.pendingBytes ?? 0) > this.#context.limits.pendingBytes
  }

  /** The number in `eventId`; undefined unless this stream gave it out. */
  #positionOf(eventId: string | undefined): number | undefined {
    const position = eventId === undefined ? undefined : parseStreamPosition(eventId)
    return position?.epoch === this.#epoch && position.sequence <= this.#log.last ? position.sequence : undefined
  }

  #acknowledgeUpTo(sequence: number): void {
    for (const notify of this.#log.acknowledge(sequence)) this.#settle(notify, 'delivered')
    const { unacknowledged } = this.#context.deadlines
    if (this.#log.isEmpty) unacknowledged.remove(this)
  }

  readonly #expire = (notify: PendingNotify): void => {
    const wasSent = notify.sequence > 0
    if (wasSent) this.#log.remove(notify)
    else this.#queue.remove(notify)
    notify.settle('timed-out')
    // NOTE: a device that is there acknowledges at once; it may be gone without our connection's knowing. One that is
    // there after all comes back at once and resumes.
    if (wasSent) this.#sink?.destroy()
    else this.#flush()
  }

  #settle(notify: PendingNotify, outcome: DeliveryOutcome): void {
    if (notify.isAwaited) this.#context.deadlines.deliveries.remove(notify)
    notify.settle(outcome)
  }

  #lose(notify: PendingNotify, outcome: DeliveryOutcome): void {
    if (notify.supersedes !== undefined) this.#hasLosses = true
    this.#settle(notify, outcome)
  }

  #connect(sink: ResponseSink): void {
    const { deadlines } = this.#context
    this.#sink = sink
    deadlines.absent.remove(this)
    deadlines.heartbeats.add(this)
    if (!this.#log.isEmpty) this.#watchSilence()
  }

  /** Lets go of the connection; `finish` tells the device not to come back, if it still listens. */
  #detach(): { finish(reason: StreamEnd): void } | undefined {
    const sink = this.#sink
    if (!sink) return undefined
    const { deadlines } = this.#context
    this.#sink = undefined
    deadlines.heartbeats.remove(this)
    deadlines.blocked.remove(this)
    deadlines.unacknowledged.remove(this)
    return {
      finish: (reason) => {
        if (sink.pendingBytes > this.#context.limits.pendingBytes) sink.destroy()
        else {
          sink.write(closeEvent(reason))
          sink.end()
        }
      },
    }
  }

  #lost(sink: ResponseSink): void {
    if (this.#sink !== sink) return
    this.#detach()
    this.#context.deadlines.absent.add(this)
  }
}
