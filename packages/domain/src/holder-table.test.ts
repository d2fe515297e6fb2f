import { UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { ManualClock } from './clock-manual.ts'
import { HolderTable } from './holder-table.ts'
import type { HomeHolder, HomeLease } from './home-leases.ts'
import { HomeLeasesMemory } from './home-leases-memory.ts'
import { type HomeName, parseHomeName } from './home-name.ts'

const home = parseHomeName('hq-1')
const ann: HomeHolder = { id: 'ann-1', clusterUrl: 'http://192.0.2.1:9000' }
const ben: HomeHolder = { id: 'ben-1', clusterUrl: 'http://192.0.2.2:9000' }
const never = new AbortController().signal

describe('the table of holders', () => {
  it('asks once, and answers at once from then on', async () => {
    const { leases, table } = setUp()
    await leases.take(home, ann, 5_000)
    const found = await table.find(home)
    expect(found).toEqual({ home, epoch: 1, holder: ann })
    expect(table.find(home)).toBe(found)
    expect(leases.asked).toBe(1)
  })

  it('asks once for all who want to know at the same time', async () => {
    const { leases, table } = setUp()
    await leases.take(home, ann, 5_000)
    const found = await Promise.all([table.find(home), table.find(home), table.find(home)])
    expect(found.map((lease) => lease?.epoch)).toEqual([1, 1, 1])
    expect(leases.asked).toBe(1)
  })

  it('tells its followers of each new lease, once', async () => {
    const { leases, table } = setUp()
    const told: number[] = []
    const stop = table.follow(({ epoch }) => told.push(epoch))
    const epoch = (await leases.take(home, ann, 5_000)) ?? 0
    await table.find(home)
    await leases.release(home, epoch)
    await table.find(home)
    await leases.take(home, ben, 5_000)
    for (let times = 0; times < 2; times++) {
      const lease = await table.find(home)
      if (lease) table.forget(lease)
    }
    expect(told).toEqual([1, 2])
    stop()
    await leases.release(home, 2)
    await leases.take(home, ann, 5_000)
    await table.find(home)
    expect(told).toEqual([1, 2])
  })

  it('knows the new holder after a change, without being told who it is', async () => {
    const { leases, table } = setUp()
    const epoch = (await leases.take(home, ann, 5_000)) ?? 0
    await table.find(home)
    await leases.release(home, epoch)
    expect(await table.find(home)).toBeUndefined()
    await leases.take(home, ben, 5_000)
    expect(await table.find(home)).toMatchObject({ epoch: 2, holder: ben })
  })

  it('does not remember an answer that a change has overtaken', async () => {
    const { leases, table } = setUp()
    const epoch = (await leases.take(home, ann, 5_000)) ?? 0
    const answer = leases.holdNextAnswer()
    const early = table.find(home)
    await leases.release(home, epoch)
    await leases.take(home, ben, 5_000)
    const late = await table.find(home)
    answer.resolve()
    expect(await early).toMatchObject({ epoch: 1, holder: ann })
    expect(late).toMatchObject({ epoch: 2, holder: ben })
    expect(table.find(home)).toBe(late)
  })

  it('asks again after somebody found a lease to be over, but keeps a newer one', async () => {
    const { clock, leases, table } = setUp()
    await leases.take(home, ann, 5_000)
    const old = await found(table)
    clock.elapse(5_000)
    leases.deaf = true
    await leases.take(home, ben, 5_000)
    expect(table.find(home)).toBe(old)
    table.forget(old)
    const newer = await found(table)
    expect(newer).toMatchObject({ epoch: 2, holder: ben })
    table.forget(old)
    expect(table.find(home)).toBe(newer)
  })

  it('asks again about every home when changes may have been missed', async () => {
    const { clock, leases, table } = setUp()
    await leases.take(home, ann, 5_000)
    await table.find(home)
    clock.elapse(5_000)
    leases.deaf = true
    await leases.take(home, ben, 5_000)
    leases.tellOfLoss()
    expect(await table.find(home)).toMatchObject({ holder: ben })
  })

  it('goes on with the holder it knows while nobody answers, and does not ask for every request', async () => {
    const { clock, leases, table } = setUp()
    await leases.take(home, ann, 5_000)
    const lease = await found(table)
    leases.away = true
    leases.tellOfLoss()
    expect(await table.find(home)).toBe(lease)
    expect(table.find(home)).toBe(lease)
    expect(leases.asked).toBe(2)
    leases.away = false
    clock.elapse(1_000)
    expect(await table.find(home)).toEqual(lease)
    expect(leases.asked).toBe(3)
  })

  it('fails for a home that it never heard of while nobody answers', async () => {
    const { leases, table } = setUp()
    leases.away = true
    await expect(table.find(home)).rejects.toThrow(UnavailableError)
  })

  it('remembers so many homes and no more', async () => {
    const { leases, table } = setUp({ maxHomes: 2 })
    const homes = ['a', 'b', 'c'].map(parseHomeName)
    for (const each of homes) {
      await leases.take(each, ann, 5_000)
      await table.find(each)
    }
    const [first, ...rest] = homes.map((each) => table.find(each))
    expect(first).toBeInstanceOf(Promise)
    expect(rest.map((lease) => lease instanceof Promise)).toEqual([false, false])
    await first
  })
})

describe('waiting for the next holder', () => {
  it('ends at once when a newer one is known', async () => {
    const { leases, table } = setUp()
    await leases.take(home, ann, 5_000)
    const lease = await found(table)
    expect(await table.next(home, undefined, never)).toBe(lease)
    expect(await table.next(home, { ...lease, epoch: 0 }, never)).toBe(lease)
  })

  it('ends when somebody takes the home, for all who wait', async () => {
    const { leases, table } = setUp()
    const epoch = (await leases.take(home, ann, 5_000)) ?? 0
    const old = await found(table)
    const waiting = [table.next(home, old, never), table.next(home, old, never), table.next(home, undefined, never)]
    await leases.release(home, epoch)
    await leases.take(home, ben, 5_000)
    const [first, second, third] = await Promise.all(waiting)
    expect(first).toMatchObject({ epoch: 2, holder: ben })
    expect(second).toEqual(first)
    expect(third?.epoch).toBeGreaterThanOrEqual(1)
  })

  it('ends also when nobody tells of the take, and while nobody answers at first', async () => {
    const { clock, leases, table } = setUp()
    await leases.take(home, ann, 5_000)
    const old = await found(table)
    leases.deaf = true
    leases.away = true
    const next = table.next(home, old, never)
    await settled()
    clock.elapse(5_000)
    await leases.take(home, ben, 5_000)
    leases.away = false
    clock.elapse(500)
    expect(await next).toMatchObject({ epoch: 2, holder: ben })
  })

  it('ends with nothing at the deadline, and leaves no timer behind', async () => {
    const { clock, leases, table } = setUp()
    await leases.take(home, ann, 5_000)
    const old = await found(table)
    const deadline = new AbortController()
    const next = table.next(home, old, deadline.signal)
    deadline.abort()
    expect(await next).toBeUndefined()
    expect(await table.next(home, old, deadline.signal)).toBeUndefined()
    const { asked } = leases
    clock.elapse(60_000)
    expect(leases.asked).toBe(asked)
  })

  it('stops asking once the table is closed', async () => {
    const { clock, leases, table } = setUp()
    const deadline = new AbortController()
    const next = table.next(home, undefined, deadline.signal)
    table[Symbol.dispose]()
    const { asked } = leases
    clock.elapse(60_000)
    leases.tellOfLoss()
    expect(leases.asked).toBe(asked)
    deadline.abort()
    expect(await next).toBeUndefined()
  })
})

function setUp(options: { maxHomes?: number } = {}): {
  clock: ManualClock
  leases: FaultyLeases
  table: HolderTable
} {
  const clock = new ManualClock()
  const leases = new FaultyLeases(clock)
  return { clock, leases, table: new HolderTable({ leases, clock, ...options }) }
}

async function found(table: HolderTable): Promise<HomeLease> {
  const lease = await table.find(home)
  if (!lease) throw new Error('nobody holds the home')
  return lease
}

/** All that follows from what was done has been done: nothing here waits for more than a promise. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Leases that can be away, answer late, and say nothing of changes. */
class FaultyLeases extends HomeLeasesMemory {
  away = false
  deaf = false
  asked = 0
  readonly #lossListeners = new Set<(home: HomeName | undefined) => void>()
  #next: Promise<void> | undefined

  override async lease(which: HomeName): Promise<HomeLease | undefined> {
    this.asked += 1
    const held = this.#next
    this.#next = undefined
    if (this.away) throw new UnavailableError('nobody answers')
    const lease = await super.lease(which)
    await held
    return lease
  }

  override onChange(listener: (home: HomeName | undefined) => void): () => void {
    this.#lossListeners.add(listener)
    const stop = super.onChange((changed) => {
      if (!this.deaf) listener(changed)
    })
    return () => {
      stop()
      this.#lossListeners.delete(listener)
    }
  }

  tellOfLoss(): void {
    for (const listener of this.#lossListeners) listener(undefined)
  }

  /** The next answer is made at once and comes when it is let go. */
  holdNextAnswer(): { resolve: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#next = promise
    return { resolve }
  }
}
