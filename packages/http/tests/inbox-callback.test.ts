import { ManualClock, systemIds } from '@parley/domain'
import { inboxContract } from '@parley/domain/contracts'
import { describe, expect, it } from 'vitest'
import { createInboxes } from '../src/inboxes.ts'
import { StreamHub } from '../src/stream-hub.ts'
import { Bench, factory, target } from './inbox-callback-bench.ts'
import {
  CallbackDevice,
  closedPort,
  keepAliveAnswer,
  librvpAnswer,
  mirandaAnswer,
  netRvpAnswer,
  silentAnswer,
  textAnswer,
} from './inbox-callback-device.ts'
import { InboxEventsLog } from './inbox-events-log.ts'

const answerMs = 10_000

for (const [client, answer] of [
  ['librvp', librvpAnswer],
  ['Net::RVP', netRvpAnswer],
  ['Miranda', mirandaAnswer],
  ['a client that keeps connections', keepAliveAnswer],
] as const) {
  describe(`CallbackInbox to ${client}`, () => {
    inboxContract(async () => {
      const stalling = 'in flight while the device is stalled'
      const bench = await Bench.open(answer, { waiting: 5, answerMs })
      const { device } = bench
      const bodies = () => device.bodies.filter((body) => body !== stalling)
      return {
        inbox: bench.inbox,
        capacity: 5,
        limitMs: answerMs,
        async received(count) {
          await device.until(() => bodies().length >= count)
          return bodies()
        },
        async stall() {
          device.answer = silentAnswer
          bench.inbox.post({ body: stalling, hops: 1 })
          await device.until(() => device.bodies.includes(stalling))
        },
        resume: () => device.resume(answer),
        elapse: async (ms) => bench.clock.elapse(ms),
        [Symbol.asyncDispose]: () => bench[Symbol.asyncDispose](),
      }
    })
  })
}

describe('NOTIFY to a Call-Back, RVP §5.1.4', () => {
  it('[R28] [R11] sends the one form that every client reads, with the length in bytes', async () => {
    await using bench = await Bench.open(librvpAnswer)
    expect(await bench.deliver('<r:a>ü</r:a>')).toBe('delivered')
    expect(bench.device.requests).toEqual([
      `NOTIFY / HTTP/1.1\r\nHost: laptop.example.com:${bench.device.port}\r\nRVP-Notifications-Version: 0.2\r\n` +
        'Content-Type: text/xml\r\nRVP-Hop-Count: 3\r\nContent-Length: 13\r\n\r\n<r:a>ü</r:a>',
    ])
    expect(bench.events.log).toEqual(['reachable'])
  })

  it('[R28] uses a connection for one NOTIFY only, unless the client says otherwise', async () => {
    for (const answer of [librvpAnswer, netRvpAnswer, mirandaAnswer]) {
      await using bench = await Bench.open(answer)
      for (const body of ['1', '2', '3']) expect(await bench.deliver(body)).toBe('delivered')
      expect(bench.device.connections).toBe(3)
    }
  })

  it('[R28] keeps a connection whose answer has a length and says keep-alive', async () => {
    await using bench = await Bench.open(keepAliveAnswer)
    for (const body of ['1', '2', '3']) expect(await bench.deliver(body)).toBe('delivered')
    expect(bench.device.connections).toBe(1)
  })

  it('[R29] sends each notification in a NOTIFY of its own, also when several wait', async () => {
    await using bench = await Bench.open(silentAnswer)
    const outcomes = ['1', '2', '3'].map((body) => bench.deliver(body))
    await bench.device.received(1)
    bench.device.resume(librvpAnswer)
    expect(await Promise.all(outcomes)).toEqual(['delivered', 'delivered', 'delivered'])
    expect(bench.device.bodies).toEqual(['1', '2', '3'])
  })

  it('[R28] takes any 2xx for delivered, 500 for having left (RVP §8), and any other status for refused', async () => {
    await using bench = await Bench.open(librvpAnswer)
    for (const [status, outcome] of [
      [204, 'delivered'],
      [299, 'delivered'],
      [302, 'refused'],
      [404, 'refused'],
      [500, 'left'],
      [501, 'refused'],
    ] as const) {
      bench.device.answer = textAnswer(`HTTP/1.1 ${status} x\r\nLocation: http://127.0.0.1:1/\r\n\r\n`)
      expect(await bench.deliver('x'), `${status}`).toBe(outcome)
    }
    expect(bench.device.bodies).toHaveLength(6)
  })

  it('[R28] reads an answer in any pieces, past interim ones, to the end of its head', async () => {
    await using bench = await Bench.open((socket) => {
      const text = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200\nX: y\r\n\n'
      const write = (at: number) => {
        if (at < text.length) socket.write(text.slice(at, at + 1), () => setImmediate(write, at + 1))
      }
      write(0)
    })
    expect(await bench.deliver('x')).toBe('delivered')
  })

  it('[R28] believes an answer that ends without the empty line', async () => {
    await using bench = await Bench.open((socket) => socket.end('HTTP/1.1 200 OK\r\n'))
    expect(await bench.deliver('x')).toBe('delivered')
  })

  it('[R27] gives up a device that never answers when the limit is over, with all that waits for it', async () => {
    await using bench = await Bench.open(silentAnswer)
    const first = bench.deliver('1')
    await bench.device.received(1)
    const second = bench.deliver('2')
    bench.clock.elapse(answerMs)
    expect([await first, await second]).toEqual(['timed-out', 'unreachable'])
    expect(bench.events.log).toEqual(['unreachable: silent'])
    await bench.device.until(() => bench.device.openConnections === 0)
    expect(bench.device.bodies).toEqual(['1'])
  })

  it('[R27] gives up a device that dribbles its answer', async () => {
    await using bench = await Bench.open(textAnswer('HTTP/1.1 200 O'))
    const outcome = bench.deliver('1')
    await bench.device.received(1)
    bench.clock.elapse(answerMs)
    expect(await outcome).toBe('timed-out')
  })

  it('[R26] tells at once that a port is closed, and drops all that waits', async () => {
    const clock = new ManualClock()
    const events = new InboxEventsLog()
    const inbox = factory(clock).callback(target(await closedPort()), events)
    const outcomes = [1, 2, 3].map((n) => inbox.deliver({ body: `${n}`, hops: 3 }))
    expect(await Promise.all(outcomes)).toEqual(['unreachable', 'unreachable', 'unreachable'])
    expect(events.log).toEqual(['unreachable: refused'])
    inbox.close()
  })

  it('takes what is not HTTP, or has no end, for a stranger at that address', async () => {
    for (const text of [
      'SSH-2.0-OpenSSH_9.2\r\n',
      'HTTP/2 200\r\n\r\n',
      `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(10_000)}`,
    ]) {
      await using bench = await Bench.open(textAnswer(text))
      expect(await bench.deliver('1'), text.slice(0, 20)).toBe('refused')
      expect(bench.events.log).toEqual(['unreachable: refused'])
    }
  })

  it('goes on with the next when a device closes without an answer', async () => {
    await using bench = await Bench.open((socket, body) => {
      if (body === 'bad') socket.destroy()
      else librvpAnswer(socket, body)
    })
    expect(await Promise.all([bench.deliver('bad'), bench.deliver('good')])).toEqual(['unreachable', 'delivered'])
    expect(bench.events.log).toEqual(['unreachable: silent', 'reachable'])
  })

  it('reads on until a Perl client has written its body, and then lets go', async () => {
    await using bench = await Bench.open((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.on('end', () => socket.end('x'.repeat(100_000)))
    })
    expect(await bench.deliver('1')).toBe('delivered')
    await bench.device.until(() => bench.device.openConnections === 0)
  })

  it('closes on a client that does not close after its answer', async () => {
    await using bench = await Bench.open(netRvpAnswer)
    bench.device.answer = (socket, body) => {
      socket.allowHalfOpen = true
      netRvpAnswer(socket, body)
    }
    expect(await bench.deliver('1')).toBe('delivered')
    const second = bench.deliver('2')
    bench.clock.elapse(1_000)
    expect(await second).toBe('delivered')
    bench.device.hangUp()
  })
})

describe('a kept connection', () => {
  it('is closed when it was idle for long', async () => {
    await using bench = await Bench.open(keepAliveAnswer)
    await bench.deliver('1')
    bench.clock.elapse(30_000)
    await bench.device.until(() => bench.device.openConnections === 0)
    expect(await bench.deliver('2')).toBe('delivered')
  })

  it('is closed before the client does, when the client says when', async () => {
    await using bench = await Bench.open(
      textAnswer('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n'),
    )
    await bench.deliver('1')
    bench.clock.elapse(4_000)
    await bench.device.until(() => bench.device.openConnections === 0)
  })

  it('is replaced when the client has closed it', async () => {
    await using bench = await Bench.open(keepAliveAnswer)
    await bench.deliver('1')
    bench.device.hangUp()
    await bench.device.until(() => bench.device.openConnections === 0)
    bench.post('k', '2')
    expect(await bench.device.received(2)).toEqual(['1', '2'])
  })

  it('that breaks under an IM does not make it arrive twice: the sender is told, and the device is probed', async () => {
    await using bench = await Bench.open(keepAliveAnswer)
    await bench.deliver('1')
    bench.device.answer = (socket) => socket.destroy()
    expect(await bench.deliver('2')).toBe('unreachable')
    bench.device.answer = keepAliveAnswer
    await bench.device.until(() => bench.device.connections === 2)
    expect(await bench.deliver('3')).toBe('delivered')
    expect(bench.device.bodies).toEqual(['1', '2', '3'])
  })

  it('that breaks under a state makes it go out once more, or a newer one in its stead', async () => {
    await using bench = await Bench.open(keepAliveAnswer)
    await bench.deliver('1')
    bench.device.answer = (socket) => {
      bench.device.answer = keepAliveAnswer
      socket.destroy()
    }
    bench.post('k', 'online')
    expect(await bench.device.received(3)).toEqual(['1', 'online', 'online'])
    expect(await bench.deliver('2')).toBe('delivered')
  })

  it('is closed when the client says something that nobody asked for', async () => {
    await using bench = await Bench.open((socket, body) => {
      keepAliveAnswer(socket, body)
      setImmediate(() => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    })
    await bench.deliver('1')
    await bench.device.until(() => bench.device.openConnections === 0)
  })

  it('is not kept on two lengths, a chunked answer, or a body that does not end in time', async () => {
    for (const lines of [
      'Content-Length: 0\r\nContent-Length: 0',
      'Content-Length: 0\r\nTransfer-Encoding: chunked',
      'Content-Length: 100000000',
      'Content-Length: 5',
    ]) {
      await using bench = await Bench.open(textAnswer(`HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n${lines}\r\n\r\n`))
      expect(await bench.deliver('1')).toBe('delivered')
      bench.clock.elapse(1_000)
      await bench.device.until(() => bench.device.openConnections === 0)
    }
  })
})

describe('what an inbox tells its owner', () => {
  it('asks for the states anew, a while after a device came back that missed some', async () => {
    await using bench = await Bench.open(silentAnswer)
    bench.post('k', 'online')
    await bench.device.received(1)
    bench.clock.elapse(answerMs)
    await bench.events.told('unreachable: silent')
    bench.device.answer = librvpAnswer
    expect(await bench.inbox.probe()).toBe(true)
    expect(bench.events.log).toEqual(['unreachable: silent', 'reachable'])
    bench.clock.elapse(2_000)
    expect(bench.events.log).toEqual(['unreachable: silent', 'reachable', 'reset'])
  })

  it('probes without a word, once at a time', async () => {
    await using bench = await Bench.open(librvpAnswer)
    expect(await Promise.all([bench.inbox.probe(), bench.inbox.probe()])).toEqual([true, true])
    expect(bench.events.log).toEqual(['reachable'])
    expect(bench.device.connections).toBe(1)
    expect(bench.device.requests).toEqual([])
  })

  it('[R26] finds a closed port by a probe', async () => {
    const events = new InboxEventsLog()
    const inbox = factory(new ManualClock()).callback(target(await closedPort()), events)
    expect(await inbox.probe()).toBe(false)
    expect(events.log).toEqual(['unreachable: refused'])
  })
})

describe('all callback inboxes together', () => {
  it('open no more connections than allowed, and serve each other in turn', async () => {
    const clock = new ManualClock()
    const inboxes = factory(clock, { connections: 2 })
    await using device = await CallbackDevice.listen(silentAnswer)
    const open = () => inboxes.callback(target(device.port), new InboxEventsLog())
    const [a, b, c] = [open(), open(), open()]
    const outcomes = [a, b, c, a].map((inbox, n) => inbox.deliver({ body: `${n}`, hops: 1 }))
    await device.received(2)
    expect(device.connections).toBe(2)
    device.resume(librvpAnswer)
    expect(await Promise.all(outcomes)).toEqual(['delivered', 'delivered', 'delivered', 'delivered'])
    expect(device.bodies.slice(2).sort()).toEqual(['2', '3'])
    for (const inbox of [a, b, c]) inbox.close()
  })

  it('leave no timer and no connection behind when they are closed', async () => {
    let timers = 0
    const manual = new ManualClock()
    const clock = {
      now: () => manual.now(),
      elapsed: () => manual.elapsed(),
      after(delayMs: number, work: () => void) {
        timers += 1
        return manual.after(delayMs, () => {
          timers -= 1
          work()
        })
      },
    }
    const inboxes = createInboxes({ clock, hub: new StreamHub({ clock, ids: systemIds }) })
    await using device = await CallbackDevice.listen(silentAnswer)
    const inbox = inboxes.callback(target(device.port), new InboxEventsLog())
    const outcome = inbox.deliver({ body: '1', hops: 1 })
    await device.received(1)
    inbox.close()
    expect(await outcome).toBe('closed')
    await device.until(() => device.openConnections === 0)
    manual.elapse(250)
    expect(timers).toBe(0)
  })

  it('refuse a target that would have to be resolved, or could change the request', () => {
    const inboxes = factory(new ManualClock())
    for (const wrong of [
      { address: 'localhost' },
      { path: '/ HTTP/1.1\r\nX: y' },
      { path: 'http://other/' },
      { host: 'a\r\nX: y' },
      { port: 0 },
    ]) {
      expect(() => inboxes.callback({ ...target(80), ...wrong }, new InboxEventsLog())).toThrow('Call-Back')
    }
  })
})
