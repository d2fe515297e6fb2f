import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { ManualClock } from './clock-manual.ts'
import { parseHomeName } from './home-name.ts'
import type { NodeLocation } from './locations.ts'
import { LocationsCached } from './locations-cached.ts'
import { LocationsMemory } from './locations-memory.ts'

const [alice, bob] = ['alice', 'bob'].map(
  (alias): NodeLocation => ({
    node: userUrl('im.example.com', alias),
    kind: 'user',
    home: parseHomeName('hq-1'),
    displayName: alias,
  }),
) as [NodeLocation, NodeLocation]
const name = 'alice@example.com'

/** A map that counts what it is asked, and can answer when a test says so, or miss changes. */
class CountingMap extends LocationsMemory {
  asked = 0
  located = 0
  held: Promise<void> = Promise.resolve()
  #listeners: ((changed: undefined) => void)[] = []

  missChanges(): void {
    for (const listener of this.#listeners) listener(undefined)
  }

  override async named(text: string) {
    this.asked += 1
    const answer = await super.named(text)
    await this.held
    return answer
  }

  override locate(node: NodeLocation['node']) {
    this.located += 1
    return super.locate(node)
  }

  override onChange(listener: Parameters<LocationsMemory['onChange']>[0]) {
    this.#listeners.push(listener)
    return super.onChange(listener)
  }
}

async function open() {
  const map = new CountingMap()
  const clock = new ManualClock()
  const ids = { number: () => 1 }
  const cache = new LocationsCached({ locations: map, clock, ids, events: { backgroundFailed: () => {} } })
  await map.put([{ ...alice, names: [name] }, bob])
  return { map, clock, cache }
}

describe('a cache of locations: names', () => {
  it('asks the map once for a name, and knows the location of whom it names', async () => {
    const { map, cache } = await open()
    expect((await cache.named(name))?.node).toBe(alice.node)
    expect((await cache.named(name))?.node).toBe(alice.node)
    expect(await cache.locate(alice.node)).toMatchObject(alice)
    expect([map.asked, map.located]).toEqual([1, 0])
  })

  it('keeps all names of a node, in whatever order they are asked for', async () => {
    const { map, cache } = await open()
    await map.put([{ ...alice, names: [name, 'alice'] }])
    for (const each of [name, 'alice', name, 'alice']) expect(await cache.named(each)).toMatchObject(alice)
    expect(map.asked).toBe(2)
  })

  it('asks again once the map tells of whom it named, or has missed something', async () => {
    const { map, cache } = await open()
    await cache.named(name)
    await map.put([alice])
    expect(await cache.named(name)).toBeUndefined()
    await map.put([{ ...bob, names: [name] }])
    expect((await cache.named(name))?.node).toBe(bob.node)
    map.missChanges()
    expect((await cache.named(name))?.node).toBe(bob.node)
    expect(map.asked).toBe(4)
  })

  it('sees within a minute that somebody else has taken a name over, of which nobody tells', async () => {
    const { map, clock, cache } = await open()
    await cache.named(name)
    await map.put([{ ...bob, names: [name] }])
    clock.elapse(60_000)
    expect((await cache.named(name))?.node).toBe(bob.node)
  })

  it('keeps no answer that the map has told something about meanwhile', async () => {
    const { map, cache } = await open()
    const { promise, resolve } = Promise.withResolvers<void>()
    map.held = promise
    const first = cache.named(name)
    await map.put([alice, { ...bob, names: [name] }])
    resolve()
    await first
    expect((await cache.named(name))?.node).toBe(bob.node)
    expect(map.asked).toBe(2)
  })
})
