import { ManualClock, type ProbingInbox, systemIds } from '@parley/domain'
import type { CallbackLimits } from '../src/callback-limits.ts'
import { createInboxes } from '../src/inboxes.ts'
import { StreamHub } from '../src/stream-hub.ts'
import { type Answer, CallbackDevice } from './inbox-callback-device.ts'
import { InboxEventsLog } from './inbox-events-log.ts'

/** Makes inboxes, all of one process. */
export function factory(clock: ManualClock, limits: Partial<CallbackLimits> = {}) {
  return createInboxes({ clock, limits, hub: new StreamHub({ clock, ids: systemIds }) })
}

/** A device's listener on loopback. */
export function target(port: number) {
  return { host: `laptop.example.com:${port}`, address: '127.0.0.1', port, path: '/' }
}

/** One inbox with the device that it delivers to, and what it told its owner. */
export class Bench implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly events = new InboxEventsLog()
  readonly inbox: ProbingInbox
  readonly device: CallbackDevice

  private constructor(device: CallbackDevice, limits: Partial<CallbackLimits>) {
    this.device = device
    this.inbox = factory(this.clock, limits).callback(target(device.port), this.events)
  }

  static async open(answer: Answer, limits: Partial<CallbackLimits> = {}): Promise<Bench> {
    return new Bench(await CallbackDevice.listen(answer), limits)
  }

  deliver(body: string) {
    return this.inbox.deliver({ body, hops: 3 })
  }

  post(supersedes: string, body: string): void {
    this.inbox.post({ body, hops: 3, supersedes })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.inbox.close()
    await this.device[Symbol.asyncDispose]()
  }
}
