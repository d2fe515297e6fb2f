import type { DirectorySource } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { syncOrigin } from './problem-list.ts'
import { type SyncCondition, SyncFollower } from './sync-follower.ts'
import { SyncLease } from './sync-lease.ts'
import type { SyncResult } from './sync-report.ts'
import { EngineUnderTest } from './testing/engine-under-test.ts'
import { sourceUser } from './testing/scripted-directory.ts'

/** A follower over what a test has in memory; time passes until something that is waited for has happened. */
class FollowerUnderTest {
  readonly conditions: SyncCondition[] = []
  readonly results: SyncResult[] = []
  readonly lease: SyncLease
  readonly follower: SyncFollower
  readonly #test: EngineUnderTest

  constructor(
    test: EngineUnderTest,
    holder: string,
    { source = test.directory as DirectorySource, pollMs = 1_000 } = {},
  ) {
    this.#test = test
    const { store, clock } = test
    this.lease = new SyncLease({ store, clock, holder })
    this.follower = new SyncFollower({
      engine: test.restart({ ...test.ports, source }),
      lease: this.lease,
      store,
      source,
      clock,
      events: {
        conditionChanged: (condition) => this.conditions.push(condition),
        ran: (result) => this.results.push(result),
        progressed: () => {},
      },
      holder,
      mostRemoved: 0.2,
      ...(pollMs > 0 && { pollMs }),
    })
  }

  get states(): readonly string[] {
    return this.conditions.map(({ state }) => state)
  }

  /** Lets time pass, a tenth of a second at a time, until it has happened. */
  async until(happened: () => boolean | Promise<boolean>, mostSeconds = 120): Promise<void> {
    for (let tenths = 0; !(await happened()); tenths++) {
      if (tenths > 10 * mostSeconds) throw new Error(`it does not happen; it was ${this.states.join(', ')}`)
      await this.pass(0.1)
    }
  }

  async pass(seconds: number): Promise<void> {
    for (let tenth = 0; tenth < Math.round(10 * seconds); tenth++) {
      this.#test.clock.elapse(100)
      await new Promise(setImmediate)
    }
  }
}

const many = Array.from({ length: 20 }, (_, at) => sourceUser(`u${at}`))

describe('following a directory', () => {
  it('brings changes into the map at the next poll', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'))
    const sync = new FollowerUnderTest(test, 'ann')
    sync.follower.start()
    await sync.until(() => sync.results.length === 1)
    test.directory.put(sourceUser('b'))
    await sync.pass(1.1)
    expect((await test.entries()).map(({ id }) => id)).toEqual(['a', 'b'])
    expect(sync.states).toEqual(['active'])
    await sync.follower.drain()
    expect(await test.store.holder()).toBeUndefined()
  })

  it('does not poll where the source tells of changes', async () => {
    const test = new EngineUnderTest()
    test.directory.tellsChanges = false
    test.directory.put(sourceUser('a'))
    const sync = new FollowerUnderTest(test, 'ann', { pollMs: 0 })
    sync.follower.start()
    await sync.until(() => sync.results.length === 1)
    await sync.pass(60)
    expect(test.directory.reads).toBe(1)
    test.directory.put(sourceUser('b'))
    await sync.until(async () => (await test.entries()).length === 2)
    expect(test.directory.reads).toBe(2)
    await sync.follower.drain()
  })

  it('stands by while another one has the lease, and takes over when that is gone', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'))
    await test.store.hold('one that was killed', 10_000)
    const sync = new FollowerUnderTest(test, 'ben')
    sync.follower.start()
    await sync.pass(9)
    expect(sync.states).toEqual(['standby'])
    expect(await test.entries()).toEqual([])
    await sync.pass(4)
    expect(sync.states).toEqual(['standby', 'active'])
    await sync.follower.drain()
  })

  it('stops at the next step when it has lost the lease', async () => {
    const test = new EngineUnderTest()
    test.directory.put(...many)
    const [reading, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const source: DirectorySource = {
      fingerprint: 'slow',
      async *read() {
        reading.resolve()
        await goOn.promise
        return yield* test.directory.read()
      },
      changes: (cookie) => test.directory.changes(cookie),
      onChange: () => () => {},
    }
    const sync = new FollowerUnderTest(test, 'ann', { source })
    sync.follower.start()
    await reading.promise
    test.clock.oversleep(10_000)
    await test.store.hold('ben', 1_000_000)
    goOn.resolve()
    await sync.until(() => sync.states.includes('standby'))
    expect(await test.entries()).toEqual([])
    await sync.follower.drain()
    expect(await test.store.holder()).toBe('ben')
  })

  it('ends within one step, whatever it does', async () => {
    const test = new EngineUnderTest()
    test.directory.put(...many)
    const [reading, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const source: DirectorySource = {
      fingerprint: 'slow',
      async *read() {
        reading.resolve()
        await goOn.promise
        return yield* test.directory.read()
      },
      changes: (cookie) => test.directory.changes(cookie),
      onChange: () => () => {},
    }
    const sync = new FollowerUnderTest(test, 'ann', { source })
    sync.follower.start()
    await reading.promise
    const drained = sync.follower.drain()
    goOn.resolve()
    await drained
    expect(await test.entries()).toEqual([])
    expect(sync.states).toEqual([])
    expect(await test.store.holder()).toBeUndefined()
  })

  it('says once that the directory is away, files it, tries ever less often, and goes on when it is back', async () => {
    const test = new EngineUnderTest()
    test.directory.put(sourceUser('a'))
    let tries = 0
    let isAway = true
    const source: DirectorySource = {
      fingerprint: 'away',
      async *read() {
        tries += 1
        if (isAway) throw new UnavailableError('dc1 does not answer')
        return yield* test.directory.read()
      },
      changes: (cookie) => test.directory.changes(cookie),
      onChange: () => () => {},
    }
    const sync = new FollowerUnderTest(test, 'ann', { source })
    sync.follower.start()
    await sync.pass(60)
    expect(sync.conditions).toMatchObject([{ state: 'away', what: expect.stringContaining('dc1 does not answer') }])
    expect(tries).toBeGreaterThan(3)
    expect(tries).toBeLessThan(8)
    expect(await test.store.problems()).toMatchObject([{ origin: syncOrigin }])
    isAway = false
    await sync.until(() => sync.states.includes('active'))
    expect(await test.store.problems()).toEqual([])
    await sync.follower.drain()
  })

  it('files what it refuses, and leaves the lease to who allows it', async () => {
    const test = new EngineUnderTest()
    test.directory.put(...many)
    await test.run()
    await test.store.release('test')
    test.directory.remove(...many.slice(0, 10).map(({ id }) => id))
    const sync = new FollowerUnderTest(test, 'ann')
    sync.follower.start()
    await sync.until(() => sync.states.includes('refused'))
    expect(await test.store.problems()).toMatchObject([
      { origin: syncOrigin, what: expect.stringContaining('--most-removed 0.5') },
    ])
    await sync.until(async () => (await test.store.holder()) === undefined)
    await test.store.hold('once', 60_000)
    await test
      .restart()
      .run({ holder: 'once', mostRemoved: 0.5, step: () => {} })
      .finally(() => test.store.release('once'))
    await sync.until(() => sync.states.at(-1) === 'active')
    expect(await test.store.problems()).toEqual([])
    await sync.follower.drain()
  })
})
