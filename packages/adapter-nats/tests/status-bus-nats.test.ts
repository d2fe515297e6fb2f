import { statusBusContract } from '@parley/domain/contracts'
import { startNats } from '@parley/testkit'
import { afterAll, describe, expect, it } from 'vitest'
import {
  alice,
  aliceSubject,
  BusUnderTest,
  beat,
  bob,
  change,
  connectionNamed,
  oslo,
  rawClient,
  settled,
} from './bus-under-test.ts'

const server = await startNats()
const opened: AsyncDisposable[] = []
const kept = <T extends AsyncDisposable>(resource: T): T => {
  opened.push(resource)
  return resource
}
afterAll(async () => {
  for (const each of opened) await each[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

describe('StatusBusNats from process to process', () => {
  statusBusContract(async () => {
    const { bus: publisher } = kept(await BusUnderTest.open(server.url))
    const { bus: watcher } = kept(await BusUnderTest.open(server.url))
    return { publisher, watcher, settled: () => settled(publisher, watcher) }
  })
})

describe('StatusBusNats within a process', () => {
  statusBusContract(async () => {
    const { bus } = kept(await BusUnderTest.open(server.url))
    return { publisher: bus, watcher: bus, settled: () => settled(bus, bus) }
  })
})

describe('interest and messages', () => {
  it('is one subscription a presentity however many listen, until the last one stops', async () => {
    await using home = await BusUnderTest.open(server.url, { name: 'counted' })
    const stops = Array.from({ length: 5 }, () => home.bus.watch(alice, () => {}))
    const stopBeats = home.bus.onBeat(oslo, () => {})
    const subscribed = await connectionNamed(
      server.monitorUrl,
      'counted',
      ({ subscriptions_list = [] }) => subscriptions_list.length > 1,
    )
    expect(subscribed.subscriptions_list?.toSorted()).toEqual(['parley.beat.oslo-1', aliceSubject])
    expect(home.bus.watched).toBe(1)

    for (const stop of [...stops.slice(1), stopBeats]) stop()
    await home.bus.flush()
    home.bus.watch(bob, () => {})()
    const rest = await connectionNamed(
      server.monitorUrl,
      'counted',
      ({ subscriptions_list = [] }) => subscriptions_list.length < 2,
    )
    expect(rest.subscriptions_list).toEqual([aliceSubject])

    stops[0]?.()
    await connectionNamed(
      server.monitorUrl,
      'counted',
      ({ subscriptions_list = [] }) => subscriptions_list.length === 0,
    )
    expect(home.bus.watched).toBe(0)
  })

  it('makes one message of a change, and brings it to each process once', async () => {
    await using publisher = await BusUnderTest.open(server.url, { name: 'publisher' })
    await using watcher = await BusUnderTest.open(server.url, { name: 'watcher' })
    await using other = await BusUnderTest.open(server.url, { name: 'other' })
    const heard: number[] = []
    for (const { bus } of [publisher, watcher, watcher, watcher, other])
      bus.watch(alice, ({ sequence }) => heard.push(sequence))
    await Promise.all([watcher.bus.flush(), other.bus.flush()])
    for (const sequence of [1, 2, 3]) publisher.bus.publish(change(sequence))
    await settled(publisher.bus, watcher.bus)
    await settled(publisher.bus, other.bus)
    expect(heard.filter((sequence) => sequence === 2)).toHaveLength(5)
    const sent = await connectionNamed(server.monitorUrl, 'publisher', ({ in_msgs }) => in_msgs > 2)
    expect(sent).toMatchObject({ in_msgs: 3, out_msgs: 0 })
    for (const name of ['watcher', 'other']) {
      expect(await connectionNamed(server.monitorUrl, name, ({ out_msgs }) => out_msgs > 2)).toMatchObject({
        out_msgs: 3,
      })
    }
  })

  it('takes tens of thousands of watches at once', async () => {
    await using home = await BusUnderTest.open(server.url, { name: 'many' })
    for (let index = 0; index < 20_000; index += 1) {
      home.bus.watch(`http://im.example.com/instmsg/aliases/user${index}` as typeof alice, () => {})
    }
    await home.bus.flush()
    const page = (await (await fetch(`${server.monitorUrl}/connz?subs=1`)).json()) as {
      connections: { name: string; subscriptions: number }[]
    }
    expect(page.connections.find(({ name }) => name === 'many')).toMatchObject({ subscriptions: 20_000 })
  })
})

describe('what nobody of ours sends', () => {
  it('is dropped and counted, and harms nothing', async () => {
    await using home = await BusUnderTest.open(server.url)
    const heard: unknown[] = []
    home.bus.watch(alice, (each) => heard.push(each))
    home.bus.onBeat(oslo, (each) => heard.push(each))
    await home.bus.flush()
    const stranger = kept(await rawClient(server.url))
    const rubbish = ['', 'x', '[1]', '[1,2,"elated"]', '[1,2,"busy"', 'y'.repeat(900_000)]
    for (const text of rubbish) {
      stranger.publish(aliceSubject, text)
      stranger.publish('parley.beat.oslo-1', text)
    }
    stranger.publish(aliceSubject, Uint8Array.of(0xff, 0xfe, 0x00))
    stranger.publish(aliceSubject, '[1,2,"busy"]')
    await stranger.flush()
    await home.bus.flush()
    expect(heard).toEqual([change(2)])
    expect(home.events.count(`malformed ${aliceSubject}`)).toBe(rubbish.length + 1)
    expect(home.events.count('malformed parley.beat.oslo-1')).toBe(rubbish.length)
  })

  it('does not keep others from a message when one listener fails', async () => {
    await using home = await BusUnderTest.open(server.url)
    await using publisher = await BusUnderTest.open(server.url)
    const heard: number[] = []
    home.bus.watch(alice, () => {
      throw new Error('a bug')
    })
    home.bus.watch(alice, ({ sequence }) => heard.push(sequence))
    await home.bus.flush()
    publisher.bus.publish(change(1))
    publisher.bus.publish(change(2))
    await settled(publisher.bus, home.bus)
    home.bus.publish(change(3))
    expect(heard).toEqual([1, 2, 3])
    expect(home.events.lines).toContain('failed a listener for changes: Error: a bug')
  })
})

describe('the end of a bus', () => {
  it('sends what was published before it, and may come twice', async () => {
    await using watcher = await BusUnderTest.open(server.url)
    const heard: number[] = []
    watcher.bus.watch(alice, ({ sequence }) => heard.push(sequence))
    await watcher.bus.flush()
    const publisher = await BusUnderTest.open(server.url)
    for (let sequence = 1; sequence <= 500; sequence += 1) publisher.bus.publish(change(sequence))
    await publisher[Symbol.asyncDispose]()
    await publisher[Symbol.asyncDispose]()
    await watcher.bus.flush()
    expect(heard).toHaveLength(500)
    publisher.bus.publish(change(501))
    publisher.bus.beat(oslo, beat(1))
    publisher.bus.watch(alice, () => {})()
    expect(publisher.events.lines).toEqual([`connected ${server.url}`])
  })
})
