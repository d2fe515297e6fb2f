import { type Ids, ManualClock, systemIds } from '@parley/domain'
import { inboxContract } from '@parley/domain/contracts'
import { describe, expect, it } from 'vitest'
import { StreamHub, streamPath } from '../src/stream-hub.ts'
import type { StreamLimits } from '../src/stream-limits.ts'
import { InboxEventsLog } from './inbox-events-log.ts'
import { acknowledge, FakeSink, openStream, streamRequest } from './stream-device.ts'

const path = streamPath('token')

function open(limits: Partial<StreamLimits> = {}, ids: Ids = systemIds) {
  const clock = new ManualClock()
  const events = new InboxEventsLog()
  const hub = new StreamHub({ clock, ids, limits })
  const inbox = hub.open('token', events)
  return {
    clock,
    events,
    hub,
    inbox,
    connect: (lastEventId?: string) => openStream(hub, path, lastEventId),
    acknowledge: (sink: FakeSink) => acknowledge(hub, path, sink.lastId)?.status,
    im: (body: string) => inbox.deliver({ body, hops: 3 }),
    state: (supersedes: string, body: string) => inbox.post({ body, hops: 3, supersedes }),
  }
}

describe('StreamInbox', () => {
  inboxContract(async () => {
    const { clock, hub, inbox, connect } = open({ waiting: 5 })
    const sink = connect()
    sink.onEvent = (id) => queueMicrotask(() => acknowledge(hub, path, id))
    const bodies = () => sink.events.filter(({ event }) => event === 'notify').map(({ data }) => JSON.parse(data))
    return {
      inbox,
      capacity: 5,
      limitMs: 10_000,
      async received(count) {
        while (bodies().length < count) await new Promise((resolve) => setImmediate(resolve))
        return bodies()
      },
      async stall() {
        sink.pendingBytes = Number.MAX_SAFE_INTEGER
      },
      resume() {
        sink.pendingBytes = 0
        clock.elapse(250)
      },
      elapse: async (ms) => clock.elapse(ms),
      async [Symbol.asyncDispose]() {
        inbox.close()
      },
    }
  })
})

describe('a stream, docs/protocol/streams.md', () => {
  it('begins with an open event, and carries NOTIFY bodies with ids that grow', () => {
    const { connect, state, events } = open({}, { number: () => 1295, token: () => '' })
    const sink = connect()
    state('k', '<a>\r\n</a>')
    state('l', '<b></b>')
    expect(sink.events).toEqual([
      { event: 'open', id: 'zz-0', data: '{"heartbeatSeconds":25,"resumed":false}' },
      { event: 'notify', id: 'zz-1', data: '"<a>\\r\\n</a>"' },
      { event: 'notify', id: 'zz-2', data: '"<b></b>"' },
    ])
    expect(events.log).toEqual(['reachable'])
  })

  it('holds what came before the device opened it', async () => {
    const { connect, acknowledge, im } = open()
    const outcome = im('early')
    const sink = connect()
    expect(sink.story).toEqual(['open', 'early'])
    expect(acknowledge(sink)).toBe(200)
    expect(await outcome).toBe('delivered')
  })

  it('acknowledges all events up to the id', async () => {
    const { hub, connect, im } = open()
    const outcomes = [im('1'), im('2'), im('3')]
    const sink = connect()
    expect(acknowledge(hub, path, sink.events[2]?.id)?.status).toBe(200)
    expect(await Promise.all(outcomes.slice(0, 2))).toEqual(['delivered', 'delivered'])
    expect(acknowledge(hub, path, sink.events[3]?.id)?.status).toBe(200)
    expect(await outcomes[2]).toBe('delivered')
  })

  it('sends a heartbeat every 25 seconds', () => {
    const { clock, connect } = open()
    const sink = connect()
    clock.elapse(75_000)
    expect(sink.story).toEqual(['open', ':', ':', ':'])
  })

  it('answers 404 to an unknown token, 405 to other methods, 400 and 412 to wrong ids', () => {
    const { hub, connect } = open()
    connect()
    const status = (method: string, target: string, id?: string) =>
      hub.handle(streamRequest(method, target, id))?.status
    expect(status('GET', streamPath('guess'))).toBe(404)
    expect(status('POST', streamPath('guess'), 'a-1')).toBe(404)
    expect(status('PUT', path)).toBe(405)
    expect(status('POST', path)).toBe(400)
    expect(status('POST', path, 'garbage')).toBe(412)
    expect(status('POST', path, 'a-99999999999999999999')).toBe(412)
    expect(status('GET', `http://im.example.com${path}?x=y`)).toBe(200)
    expect(hub.handle(streamRequest('GET', '/instmsg/aliases/steve'))).toBeUndefined()
  })

  it('is never cached, nor held back by a proxy', () => {
    const { hub } = open()
    expect(hub.handle(streamRequest('GET', path))?.headers).toEqual([
      ['RVP-Notifications-Version', '0.2'],
      ['Cache-Control', 'no-store'],
      ['Content-Type', 'text/event-stream'],
      ['X-Accel-Buffering', 'no'],
    ])
  })
})

describe('resuming a stream', () => {
  it('replays what the device has not got, without loss or repetition', async () => {
    const { events, connect, im, state } = open()
    const first = connect()
    const one = im('1')
    const id = first.lastId
    const two = im('2')
    first.destroy()
    state('k', 'online')
    const second = connect(id)
    expect(second.story).toEqual(['open', '2', 'online'])
    expect(second.events[0]?.data).toContain('"resumed":true')
    expect(await one).toBe('delivered')
    second.destroy()
    expect(connect(second.lastId).story).toEqual(['open'])
    expect(await two).toBe('delivered')
    expect(events.log).toEqual(['reachable', 'reachable', 'reachable'])
  })

  it('sends of each state only the newest', () => {
    const { connect, state } = open()
    const first = connect()
    const id = first.lastId
    for (const [key, body] of [
      ['a', 'a1'],
      ['b', 'b1'],
      ['a', 'a2'],
    ] as const)
      state(key, body)
    first.destroy()
    state('b', 'b2')
    state('b', 'b3')
    expect(connect(id).story).toEqual(['open', 'b1', 'a2', 'b3'])
  })

  it('tells the owner after the grace, and not for a short break', () => {
    const { clock, events, connect } = open()
    const first = connect()
    first.destroy()
    clock.elapse(29_000)
    const second = connect(first.lastId)
    clock.elapse(60_000)
    expect(events.log).toEqual(['reachable', 'reachable'])
    second.destroy()
    clock.elapse(30_000)
    expect(events.log).toEqual(['reachable', 'reachable', 'unreachable: silent'])
  })

  it('tells the owner when a device never comes', async () => {
    const { clock, events, im } = open()
    clock.elapse(25_000)
    const outcome = im('waiting')
    clock.elapse(5_000)
    expect(await outcome).toBe('unreachable')
    expect(events.log).toEqual(['unreachable: silent'])
    expect(await im('later')).toBe('unreachable')
  })

  it('does not bring an IM later whose sender was told that it did not arrive', async () => {
    const { clock, connect, im } = open()
    const first = connect()
    const id = first.lastId
    const sent = im('sent')
    clock.elapse(5_000)
    first.destroy()
    const unsent = im('unsent')
    clock.elapse(10_000)
    expect([await sent, await unsent]).toEqual(['timed-out', 'timed-out'])
    expect(connect(id).story).toEqual(['open'])
  })

  it('resets, and asks the owner for the states, when states were lost', () => {
    const { clock, events, connect, state } = open()
    const first = connect()
    first.destroy()
    clock.elapse(30_000)
    state('k', 'lost')
    const second = connect(first.lastId)
    expect(second.story).toEqual(['open', 'reset'])
    expect(second.events[0]?.data).toContain('"resumed":false')
    expect(events.log).toEqual(['reachable', 'unreachable: silent', 'reachable', 'reset'])
  })

  it('resets when the id is from before a restart of the server', () => {
    const before = open()
    const first = before.connect()
    before.state('k', 'online')
    const after = open()
    after.state('k', 'away')
    expect(after.connect(first.lastId).story).toEqual(['open', 'reset', 'away'])
    expect(after.events.log).toEqual(['reachable', 'reset'])
  })

  it('resets, and repeats nothing, when the device has forgotten where it was', async () => {
    const { connect, im } = open()
    connect()
    const outcome = im('perhaps read')
    const second = connect()
    expect(second.story).toEqual(['open', 'reset'])
    expect(await outcome).toBe('unreachable')
  })

  it('resets when more was missed than is kept', () => {
    const { events, connect, inbox } = open({ replayed: 3 })
    const first = connect()
    const id = first.lastId
    for (let n = 1; n <= 5; n++) inbox.post({ body: `${n}`, hops: 3 })
    expect(first.story).toEqual(['open', '1', '2', '3', '4', '5'])
    first.destroy()
    expect(connect(id).story).toEqual(['open', 'reset', '3', '4', '5'])
    expect(events.log).toEqual(['reachable', 'reachable', 'reset'])
  })

  it('takes a second connection in place of the first, which must not come back', () => {
    const { clock, events, connect, state } = open()
    const first = connect()
    const second = connect(first.lastId)
    state('k', 'online')
    expect(first.story).toEqual(['open', 'close'])
    expect(first.events[1]?.data).toBe('{"reason":"replaced"}')
    expect(first.state).toBe('ended')
    expect(second.story).toEqual(['open', 'online'])
    clock.elapse(31_000)
    expect(events.log).toEqual(['reachable', 'reachable'])
  })

  it('is not taken over by a connection that had gone before it was served', () => {
    const { hub, connect, state } = open()
    const live = connect()
    const gone = new FakeSink()
    gone.destroy()
    hub.handle(streamRequest('GET', path))?.stream?.(gone)
    state('alice', 'busy')
    expect(live.story).toEqual(['open', 'busy'])
    expect(gone.story).toEqual([])
  })

  it('ends with its inbox: the token is worth nothing any more', () => {
    const { hub, inbox, connect } = open()
    const sink = connect()
    inbox.close()
    expect(sink.story).toEqual(['open', 'close'])
    expect(sink.events[1]?.data).toBe('{"reason":"ended"}')
    expect(hub.handle(streamRequest('GET', path))?.status).toBe(404)
  })

  it('ends without a word when its node is served elsewhere, so that the device comes back', async () => {
    const { inbox, connect, im } = open()
    const sink = connect()
    const sent = im('hello')
    inbox.close('moved')
    expect([sink.story, sink.state]).toEqual([['open', 'hello'], 'ended'])
    expect(await sent).toBe('moved')
  })

  it('may be acknowledged still when it is held, before its node is served elsewhere (promise 3)', async () => {
    const { inbox, connect, im, state, acknowledge } = open()
    const sink = connect()
    const sent = im('hello')
    inbox.hold()
    expect(await im('again')).toBe('held')
    state('k', 'busy')
    expect(acknowledge(sink)).toBe(200)
    expect(await sent).toBe('delivered')
    expect([sink.story, sink.state]).toEqual([['open', 'hello', 'busy'], 'open'])
  })

  it('ends without a word when the server stops, so that the device comes back', () => {
    const { hub, connect } = open()
    const sink = connect()
    hub.drain()
    expect([sink.story, sink.state]).toEqual([['open'], 'ended'])
    expect(hub.handle(streamRequest('GET', path))?.status).toBe(503)
  })

  it('takes what is acknowledged while the server stops, so that no sender is told of a failure that was none', async () => {
    const { hub, connect, im, acknowledge } = open()
    const sink = connect()
    const sent = im('hello')
    hub.drain()
    expect(acknowledge(sink)).toBe(200)
    expect(await sent).toBe('delivered')
  })

  it('takes what a device acknowledges that comes back while the server stops', async () => {
    const { hub, connect, im } = open()
    const sink = connect()
    const sent = im('hello')
    hub.drain()
    const lastEventId = sink.events.at(-1)?.id
    expect(hub.handle(streamRequest('GET', path, lastEventId))?.status).toBe(503)
    expect(await sent).toBe('delivered')
  })
})

describe('a device that is slow, or gone without a word', () => {
  it('gets no more than it takes; states that wait are replaced', () => {
    const { clock, connect, state } = open()
    const sink = connect()
    sink.pendingBytes = 300_000
    state('k', 'online')
    state('k', 'busy')
    expect(sink.story).toEqual(['open'])
    clock.elapse(1_000)
    sink.pendingBytes = 1_000
    clock.elapse(250)
    expect(sink.story).toEqual(['open', 'busy'])
  })

  it('hears that states were lost when too many waited', () => {
    const { clock, events, connect, state } = open({ waiting: 2 })
    const sink = connect()
    sink.pendingBytes = 300_000
    for (const key of ['a', 'b', 'c']) state(key, key)
    sink.pendingBytes = 0
    clock.elapse(250)
    expect(sink.story).toEqual(['open', 'a', 'b', 'reset'])
    expect(events.log).toEqual(['reachable', 'reset'])
  })

  it('is cut when it takes nothing for 15 seconds', () => {
    const { clock, events, connect, state } = open()
    const sink = connect()
    sink.pendingBytes = 300_000
    state('k', 'online')
    clock.elapse(14_000)
    expect(sink.state).toBe('open')
    clock.elapse(1_000)
    expect(sink.state).toBe('destroyed')
    clock.elapse(30_000)
    expect(events.log).toEqual(['reachable', 'unreachable: silent'])
  })

  it('[R27] is cut when it does not acknowledge a message in time', async () => {
    const { clock, connect, im } = open()
    const sink = connect()
    const outcome = im('hello')
    clock.elapse(10_000)
    expect(await outcome).toBe('timed-out')
    expect(sink.state).toBe('destroyed')
  })

  it('is cut when it acknowledges nothing for two minutes', () => {
    const { clock, connect, state, acknowledge } = open()
    const sink = connect()
    state('k', 'online')
    clock.elapse(50_000)
    expect(acknowledge(sink)).toBe(200)
    state('k', 'away')
    clock.elapse(59_000)
    expect(sink.state).toBe('open')
    clock.elapse(61_000)
    expect(sink.state).toBe('destroyed')
  })

  it('gets no new message while as many as can be replayed wait for its acknowledgement', async () => {
    const { connect, acknowledge, im } = open({ replayed: 2 })
    const sink = connect()
    const outcomes = [im('1'), im('2'), im('3')]
    expect(sink.story).toEqual(['open', '1', '2'])
    acknowledge(sink)
    expect(sink.story).toEqual(['open', '1', '2', '3'])
    acknowledge(sink)
    expect(await Promise.all(outcomes)).toEqual(['delivered', 'delivered', 'delivered'])
  })
})
