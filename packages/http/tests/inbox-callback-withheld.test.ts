import { ManualClock, systemIds } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import type { CallbackLimits } from '../src/callback-limits.ts'
import { createInboxes, createInboxesOfHomes } from '../src/inboxes.ts'
import { StreamHub } from '../src/stream-hub.ts'
import { CallbackDevice, keepAliveAnswer, librvpAnswer, silentAnswer } from './inbox-callback-device.ts'
import { InboxEventsLog } from './inbox-events-log.ts'

const clients = [
  ['of one NOTIFY', librvpAnswer],
  ['that is kept', keepAliveAnswer],
] as const

/** A home that may deliver or not, as the test says. */
class Bench implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly hub = new StreamHub({ clock: this.clock, ids: systemIds })
  readonly device: CallbackDevice
  readonly #inboxesOf: ReturnType<typeof createInboxesOfHomes>
  readonly #made: { close(): void }[] = []
  mayDeliver = true

  private constructor(device: CallbackDevice, limits: Partial<CallbackLimits>) {
    this.device = device
    this.#inboxesOf = createInboxesOfHomes({ clock: this.clock, limits, hub: this.hub })
  }

  static async open(answer = librvpAnswer, limits: Partial<CallbackLimits> = {}): Promise<Bench> {
    return new Bench(await CallbackDevice.listen(answer), limits)
  }

  inbox() {
    const inboxes = this.#inboxesOf(() => this.mayDeliver)
    const inbox = inboxes.callback(this.#target(), new InboxEventsLog())
    this.#made.push(inbox)
    return inbox
  }

  /** Something that was on its way to the device before this call is there when it resolves. */
  async caughtUp(): Promise<void> {
    const inbox = createInboxes({ clock: this.clock, hub: this.hub }).callback(this.#target(), new InboxEventsLog())
    expect(await inbox.deliver({ body: 'caught up', hops: 1 })).toBe('delivered')
    inbox.close()
  }

  get bodies(): readonly string[] {
    return this.device.bodies.filter((body) => body !== 'caught up')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const inbox of this.#made) inbox.close()
    await this.device[Symbol.asyncDispose]()
  }

  #target() {
    const { port } = this.device
    return { host: `laptop.example.com:${port}`, address: '127.0.0.1', port, path: '/' }
  }
}

const message = (body: string) => ({ body, hops: 1 })

describe.each(clients)('a Call-Back with a connection %s, of a home that may not deliver', (_, answer) => {
  it('is sent nothing before it may, then all that waits, in order and in its newest version', async () => {
    await using bench = await Bench.open(answer)
    const inbox = bench.inbox()
    bench.mayDeliver = false
    const first = inbox.deliver(message('1'))
    inbox.post({ body: 'old', hops: 1, supersedes: 'bob' })
    const last = inbox.deliver(message('3'))
    inbox.post({ body: 'new', hops: 1, supersedes: 'bob' })
    bench.clock.elapse(2_000)
    await bench.caughtUp()
    expect(bench.bodies).toEqual([])
    bench.mayDeliver = true
    bench.clock.elapse(250)
    expect(await Promise.all([first, last])).toEqual(['delivered', 'delivered'])
    expect(bench.bodies).toEqual(['1', 'new', '3'])
  })

  it('is sent nothing more after the answer to what was on its way', async () => {
    await using bench = await Bench.open(silentAnswer)
    const inbox = bench.inbox()
    const outcomes = ['1', '2'].map((body) => inbox.deliver(message(body)))
    await bench.device.received(1)
    bench.mayDeliver = false
    bench.device.resume(answer)
    expect(await outcomes[0]).toBe('delivered')
    await bench.caughtUp()
    expect(bench.bodies).toEqual(['1'])
    bench.mayDeliver = true
    bench.clock.elapse(250)
    expect(await outcomes[1]).toBe('delivered')
    expect(bench.bodies).toEqual(['1', '2'])
  })

  it('gets what waits before what is new', async () => {
    await using bench = await Bench.open(answer)
    const inbox = bench.inbox()
    expect(await inbox.deliver(message('1'))).toBe('delivered')
    bench.mayDeliver = false
    const waiting = inbox.deliver(message('2'))
    bench.mayDeliver = true
    const fresh = inbox.deliver(message('3'))
    bench.clock.elapse(250)
    expect(await Promise.all([waiting, fresh])).toEqual(['delivered', 'delivered'])
    expect(bench.bodies).toEqual(['1', '2', '3'])
  })
})

describe('a Call-Back of a home that may not deliver', () => {
  it('is sent nothing over a connection that was being made', async () => {
    await using bench = await Bench.open()
    const { device } = bench
    const outcome = bench.inbox().deliver(message('1'))
    bench.mayDeliver = false
    await device.until(() => device.connections === 1 && device.openConnections === 0)
    expect(device.requests).toEqual([])
    bench.mayDeliver = true
    bench.clock.elapse(250)
    expect(await outcome).toBe('delivered')
    expect(bench.bodies).toEqual(['1'])
  })

  it('is sent nothing when its turn for a connection comes', async () => {
    await using bench = await Bench.open(silentAnswer, { connections: 1 })
    const [a, b] = [bench.inbox(), bench.inbox()]
    const first = a.deliver(message('1'))
    const second = b.deliver(message('2'))
    await bench.device.received(1)
    bench.mayDeliver = false
    bench.device.resume(librvpAnswer)
    expect(await first).toBe('delivered')
    await bench.device.until(() => bench.device.openConnections === 0)
    await bench.caughtUp()
    expect(bench.bodies).toEqual(['1'])
    bench.mayDeliver = true
    bench.clock.elapse(250)
    expect(await second).toBe('delivered')
  })

  it('does not keep senders waiting for longer than ever', async () => {
    await using bench = await Bench.open()
    bench.mayDeliver = false
    const outcome = bench.inbox().deliver(message('1'))
    bench.clock.elapse(10_000)
    expect(await outcome).toBe('timed-out')
    bench.mayDeliver = true
    bench.clock.elapse(250)
    await bench.caughtUp()
    expect(bench.bodies).toEqual([])
  })

  it('is sent nothing once it is closed', async () => {
    await using bench = await Bench.open()
    const inbox = bench.inbox()
    bench.mayDeliver = false
    const outcome = inbox.deliver(message('1'))
    inbox.close()
    expect(await outcome).toBe('closed')
    bench.mayDeliver = true
    bench.clock.elapse(250)
    await bench.caughtUp()
    expect(bench.bodies).toEqual([])
  })
})
