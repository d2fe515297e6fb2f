import { type LogicalUrl, UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { ManualClock } from './clock-manual.ts'
import { locationsContract } from './contracts/locations-contract.ts'
import { parseHomeName } from './home-name.ts'
import type { LocationWriter, NodeLocation } from './locations.ts'
import { LocationsCached, type LocationsCacheLimits } from './locations-cached.ts'
import { LocationsMemory } from './locations-memory.ts'

const hq = parseHomeName('hq-1')
const oslo = parseHomeName('oslo-1')
const alice = locationOf('alice')
const bob = locationOf('bob')

function locationOf(alias: string): NodeLocation {
  return { node: userUrl('im.example.com', alias), kind: 'user', home: hq, displayName: alias }
}

/** A cache of a map over which only its writer's side goes past it, as an administrator's does. */
class CachedAndWritten extends LocationsCached implements LocationWriter {
  readonly put: LocationWriter['put']
  readonly remove: LocationWriter['remove']
  readonly putMembers: LocationWriter['putMembers']
  readonly all: LocationWriter['all']

  constructor(map: LocationsMemory) {
    super({ locations: map, clock: new ManualClock(), ids, events })
    this.put = (locations) => map.put(locations)
    this.remove = (nodes) => map.remove(nodes)
    this.putMembers = (group, members) => map.putMembers(group, members)
    this.all = () => map.all()
  }
}

const ids = { number: () => 1 }
const events = { backgroundFailed: () => {} }

locationsContract(async () => {
  const map = new LocationsMemory()
  return { locations: new CachedAndWritten(map), other: new CachedAndWritten(map), arrival: async () => {} }
})

/** A map that answers when a test says so, and can be away, or miss changes. */
class DistantMap extends LocationsMemory {
  readonly asked: LogicalUrl[] = []
  isAway = false
  #hold: Promise<void> | undefined
  #missed = new Set<(changed: readonly LogicalUrl[] | undefined) => void>()

  /** Holds answers, which are as of when they were asked for, back from now on; returns how to give them. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#hold = promise
    return () => {
      this.#hold = undefined
      resolve()
    }
  }

  missChanges(): void {
    for (const listener of this.#missed) listener(undefined)
  }

  override locate(node: LogicalUrl): NodeLocation | undefined {
    return this.#answer(node) as NodeLocation | undefined
  }

  override onChange(listener: (changed: readonly LogicalUrl[] | undefined) => void): () => void {
    this.#missed.add(listener)
    const stop = super.onChange(listener)
    return () => {
      this.#missed.delete(listener)
      stop()
    }
  }

  #answer(node: LogicalUrl): unknown {
    this.asked.push(node)
    if (this.isAway) return Promise.reject(new UnavailableError('the map does not answer'))
    const answer = super.locate(node)
    return (this.#hold ?? Promise.resolve()).then(() => answer)
  }
}

async function open(limits: Partial<LocationsCacheLimits> = {}) {
  const map = new DistantMap()
  const clock = new ManualClock()
  const failures: unknown[] = []
  const cache = new LocationsCached({
    locations: map,
    clock,
    ids,
    events: { backgroundFailed: (_, err) => failures.push(err) },
    limits,
  })
  await map.put([alice, bob])
  return { map, clock, cache, failures }
}

describe('a cache of locations', () => {
  it('asks once, and answers at once from then on', async () => {
    const { map, cache } = await open()
    expect(await cache.locate(alice.node)).toEqual(alice)
    expect(cache.locate(alice.node)).toEqual(alice)
    expect(map.asked).toEqual([alice.node])
    expect([cache.hits, cache.misses]).toEqual([1, 1])
  })

  it('asks once for many that wait for the same node', async () => {
    const { map, cache } = await open()
    const answer = map.hold()
    const waiting = [1, 2, 3].map(() => cache.locate(alice.node))
    answer()
    expect(await Promise.all(waiting)).toEqual([alice, alice, alice])
    expect(map.asked).toEqual([alice.node])
  })

  it('asks for a changed node again, and for no other', async () => {
    const { map, cache } = await open()
    await cache.locate(alice.node)
    await cache.locate(bob.node)
    await map.move(alice.node, hq, oslo)
    expect(await cache.locate(alice.node)).toEqual({ ...alice, home: oslo })
    expect(cache.locate(bob.node)).toEqual(bob)
    expect(map.asked).toEqual([alice.node, bob.node, alice.node])
  })

  it('keeps no answer that was under way when the node changed', async () => {
    const { map, cache } = await open()
    const answer = map.hold()
    const before = cache.locate(alice.node)
    await map.move(alice.node, hq, oslo)
    const after = cache.locate(alice.node)
    answer()
    expect(await before).toEqual(alice)
    expect(await after).toEqual({ ...alice, home: oslo })
    expect(cache.locate(alice.node)).toEqual({ ...alice, home: oslo })
  })

  it('keeps no answer that was under way when changes may have been missed', async () => {
    const { map, cache } = await open()
    const answer = map.hold()
    const before = cache.locate(alice.node)
    map.missChanges()
    answer()
    await before
    expect(cache.locate(alice.node)).toBeInstanceOf(Promise)
  })

  it('asks for everything again when changes may have been missed', async () => {
    const { map, cache } = await open()
    await cache.locate(alice.node)
    await cache.locate(userUrl('im.example.com', 'nobody'))
    map.missChanges()
    map.asked.splice(0)
    await cache.locate(alice.node)
    await cache.locate(userUrl('im.example.com', 'nobody'))
    expect(map.asked).toHaveLength(2)
    expect(cache.locate(alice.node)).toEqual(alice)
  })

  it('asks for a doubted node again', async () => {
    const { map, cache } = await open()
    await cache.locate(alice.node)
    cache.doubt(alice.node)
    expect(await cache.locate(alice.node)).toEqual(alice)
    expect(map.asked).toHaveLength(2)
  })

  it('tells its listeners of changes when it has forgotten what changed', async () => {
    const { map, cache } = await open()
    await cache.locate(alice.node)
    const heard: unknown[] = []
    const stop = cache.onChange((changed) => heard.push([changed, cache.locate(alice.node) instanceof Promise]))
    await map.move(alice.node, hq, oslo)
    map.missChanges()
    stop()
    map.missChanges()
    expect(heard).toEqual([
      [[alice.node], true],
      [undefined, true],
    ])
  })

  it('follows the map no more once it is closed', async () => {
    const { map, cache } = await open()
    await cache.locate(alice.node)
    cache[Symbol.dispose]()
    await map.move(alice.node, hq, oslo)
    expect(cache.locate(alice.node)).toEqual(alice)
  })

  it('knows what it has claimed and moved itself', async () => {
    const { map, cache } = await open()
    const group = { ...locationOf('x'), node: 'http://im.example.com/groups/x' as LogicalUrl }
    expect(await cache.locate(group.node)).toBeUndefined()
    cache[Symbol.dispose]()
    await cache.claim(group)
    expect(await cache.locate(group.node)).toEqual(group)
    await cache.move(group.node, hq, oslo)
    expect(await cache.locate(group.node)).toEqual({ ...group, home: oslo })
    expect(await Array.fromAsync(cache.usersOf(hq))).toEqual(await Array.fromAsync(map.usersOf(hq)))
  })
})

describe('a cache of locations: bounds', () => {
  it('keeps what is in use, and asks for the rest again', async () => {
    const { map, cache } = await open({ maxKnown: 100 })
    const users = Array.from({ length: 500 }, (_, number) => locationOf(`user${number}`))
    await map.put(users)
    for (const { node } of users) {
      await cache.locate(alice.node)
      await cache.locate(node)
    }
    expect(map.asked.filter((node) => node === alice.node)).toHaveLength(1)
    expect(cache.locate(userUrl('im.example.com', 'user0'))).toBeInstanceOf(Promise)
  })

  it('takes a name for that of no node for a while', async () => {
    const { map, clock, cache } = await open({ unknownMs: 5_000 })
    const nobody = userUrl('im.example.com', 'nobody')
    expect(await cache.locate(nobody)).toBeUndefined()
    expect(cache.locate(nobody)).toBeUndefined()
    clock.elapse(5_000)
    expect(cache.locate(nobody)).toBeInstanceOf(Promise)
    await cache.locate(nobody)
    expect(map.asked).toEqual([nobody, nobody])
  })

  it('knows a new node as soon as the map tells', async () => {
    const { map, cache } = await open()
    const carol = locationOf('carol')
    expect(await cache.locate(carol.node)).toBeUndefined()
    await map.put([carol])
    expect(await cache.locate(carol.node)).toEqual(carol)
  })

  it('is not emptied by somebody who guesses names', async () => {
    const { map, cache } = await open({ maxKnown: 10, maxUnknown: 10 })
    await cache.locate(alice.node)
    for (let guess = 0; guess < 100; guess++) await cache.locate(userUrl('im.example.com', `guess${guess}`))
    expect(cache.locate(alice.node)).toEqual(alice)
    expect(map.asked).toHaveLength(101)
  })
})

describe('a cache of locations: what nobody told', () => {
  it('looks a node up again once it is old, without making anybody wait', async () => {
    const { map, clock, cache } = await open({ maxAgeMs: 600_000 })
    await cache.locate(alice.node)
    cache[Symbol.dispose]()
    await map.move(alice.node, hq, oslo)
    for (let hit = 0; hit < 1000; hit++) cache.locate(alice.node)
    expect(map.asked).toHaveLength(1)
    clock.elapse(600_000)
    expect(cache.locate(alice.node)).toEqual(alice)
    expect(cache.locate(alice.node)).toEqual(alice)
    await settled()
    expect(cache.locate(alice.node)).toEqual({ ...alice, home: oslo })
    expect(map.asked).toHaveLength(2)
  })

  it('forgets a node that was removed in the meantime', async () => {
    const { map, clock, cache } = await open()
    await cache.locate(alice.node)
    cache[Symbol.dispose]()
    await map.remove([alice.node])
    for (let hit = 0; hit < 1000; hit++) cache.locate(alice.node)
    clock.elapse(600_000)
    cache.locate(alice.node)
    await settled()
    expect(cache.locate(alice.node)).toBeUndefined()
  })

  it('leaves the process for less than one lookup in a hundred, however old everything is', async () => {
    const { map, clock, cache } = await open({ maxAgeMs: 1_000 })
    const users = Array.from({ length: 100 }, (_, number) => locationOf(`user${number}`))
    await map.put(users)
    for (const { node } of users) await cache.locate(node)
    const missesBefore = cache.misses
    const hitsBefore = cache.hits
    for (let round = 0; round < 100; round++) {
      clock.elapse(1_000)
      for (const { node } of users) cache.locate(node)
      await settled()
    }
    expect(cache.misses - missesBefore).toBeGreaterThan(10)
    expect(cache.hits - hitsBefore).toBe(10_000)
    expect(cache.misses - missesBefore).toBeLessThan(100)
  })
})

describe('a cache of locations while the map is away', () => {
  it('answers what it knows, however old, and fails for the rest', async () => {
    const { map, clock, cache, failures } = await open()
    await cache.locate(alice.node)
    for (let hit = 0; hit < 1000; hit++) cache.locate(alice.node)
    map.isAway = true
    clock.elapse(86_400_000)
    expect(cache.locate(alice.node)).toEqual(alice)
    await settled()
    expect(cache.locate(alice.node)).toEqual(alice)
    await expect(cache.locate(bob.node)).rejects.toThrow(UnavailableError)
    expect(failures).toEqual([])
  })

  it('answers what it knew before changes may have been missed, and leaves the map alone meanwhile', async () => {
    const { map, clock, cache } = await open()
    await cache.locate(alice.node)
    map.isAway = true
    map.missChanges()
    expect(await cache.locate(alice.node)).toEqual(alice)
    expect(cache.locate(alice.node)).toEqual(alice)
    expect(map.asked).toHaveLength(2)
    map.isAway = false
    clock.elapse(1_000)
    expect(await cache.locate(alice.node)).toEqual(alice)
    expect(map.asked).toHaveLength(3)
  })

  it('answers what it knew of a doubted node', async () => {
    const { map, cache } = await open()
    await cache.locate(alice.node)
    cache.doubt(alice.node)
    map.isAway = true
    expect(await cache.locate(alice.node)).toEqual(alice)
  })

  it('does not answer what is known to have changed', async () => {
    const { map, cache } = await open()
    await cache.locate(alice.node)
    await map.move(alice.node, hq, oslo)
    map.isAway = true
    await expect(cache.locate(alice.node)).rejects.toThrow(UnavailableError)
  })

  it('reports a failure that is not the map being away', async () => {
    const { map, clock, cache, failures } = await open()
    await cache.locate(alice.node)
    for (let hit = 0; hit < 1000; hit++) cache.locate(alice.node)
    const bug = new TypeError('a bug')
    map.locate = () => {
      throw bug
    }
    clock.elapse(600_000)
    expect(cache.locate(alice.node)).toEqual(alice)
    await settled()
    expect(failures).toEqual([bug])
    await expect(cache.locate(bob.node)).rejects.toBe(bug)
  })
})

/** Resolves when everything that promises have caused has happened. */
async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
