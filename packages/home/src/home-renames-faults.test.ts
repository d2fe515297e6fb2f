import type { LogicalUrl } from '@parley/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Cluster } from './testing/cluster-under-test.ts'
import type { HomeUnderTest } from './testing/home-under-test.ts'
import {
  acl,
  alice,
  bob,
  carol,
  hq,
  login,
  message,
  oslo,
  read,
  setNote,
  setState,
  urlOf,
  watch,
} from './testing/requests.ts'
import { settled } from './testing/settled.ts'

const alicia = urlOf('alicia')
const ports = new Map([
  [alice, 7001],
  [bob, 7002],
  [carol, 7003],
])

/** Everybody is signed in and watches everybody; alice blocks nobody, and has a note. */
async function openWatching(): Promise<Cluster> {
  const cluster = await Cluster.open()
  for (const [who, port] of ports) await cluster.route(login(who, { 'Call-Back': `http://10.0.0.1:${port}/` }))
  for (const who of ports.keys()) {
    for (const whom of ports.keys()) if (who !== whom) await cluster.route(watch(who, whom))
  }
  await cluster.route(setNote(alice, 'first'))
  await cluster.rest()
  return cluster
}

/** The state of `whom`, by the URL under which it was watched first, that the device of `who` was told last. */
function shown(cluster: Cluster, who: LogicalUrl, whom: LogicalUrl): string | undefined {
  return cluster.shownAt(`10.0.0.1:${ports.get(who)}`, whom)
}

/** Alice is whole under her new URL, at one home, and under no other one. */
async function expectRenamed(cluster: Cluster): Promise<void> {
  expect((await cluster.route(read(alicia))) ?? '').toContain('>first<')
  const urls = await Promise.all([cluster.hq.stored(alice), cluster.oslo.stored(alice)])
  expect(urls).toEqual([undefined, undefined])
  for (const home of [cluster.hq, cluster.oslo]) {
    for await (const { node, subscriptions } of home.store.load()) {
      for (const { subscriber, target } of subscriptions) {
        expect([node, subscriber]).not.toContain(alice)
        expect(target).not.toMatchObject({ node: alice })
      }
    }
  }
  await cluster.route(setState(alicia, 'on-phone'))
  await cluster.route(setState(bob, 'away'))
  await cluster.route(setState(carol, 'busy'))
  await cluster.rest()
  expect([shown(cluster, bob, alice), shown(cluster, carol, alice)]).toEqual(['on-phone', 'on-phone'])
  expect([shown(cluster, alice, bob), shown(cluster, alice, carol)]).toEqual(['away', 'busy'])
  await cluster.route(message(bob, alicia, 'are you there?'))
  expect(cluster.hq.heard('10.0.0.1:7001').at(-1)).toContain('are you there?')
}

/** What the homes ask of others while alice is renamed. */
async function stepsOfRename(): Promise<readonly string[]> {
  const cluster = await openWatching()
  cluster.steps.length = 0
  await cluster.rename(alice, alicia)
  await cluster.rest()
  return [...cluster.steps]
}

describe('a rename that is cut short', () => {
  const stepCount = 12
  const victims: readonly [string, (cluster: Cluster) => readonly HomeUnderTest[]][] = [
    ['her home', ({ hq }) => [hq]],
    ['the other home', ({ oslo }) => [oslo]],
    ['both', ({ hq, oslo }) => [hq, oslo]],
  ]
  const cuts = victims.flatMap(([who, homes]) => Array.from({ length: stepCount }, (_, at) => ({ who, homes, at })))

  it('has the steps that the tests below cut at', async () => {
    const commits = (home: string, count: number): readonly string[] =>
      ['before', 'after'].flatMap((when) => Array<string>(count).fill(`${home} ${when} commit`))
    // Alice under her new URL and bob, who names her; what is left under the old one; how far the home has come.
    const expected = [...commits('hq-1', 2), ...commits('oslo-1', 1), ...commits('hq-1', 1), ...commits('hq-1', 1)]
    expect((await stepsOfRename()).toSorted()).toEqual([...expected, ...commits('oslo-1', 1)].toSorted())
  })

  it.each(cuts)('by the death of $who at step $at is finished by the next holders', async ({ homes, at }) => {
    const cluster = await openWatching()
    let count = 0
    cluster.onStep = () => {
      if (count++ === at) for (const home of homes(cluster)) home.kill()
    }
    await cluster.rename(alice, alicia)
    await cluster.rest()
    cluster.onStep = () => {}
    for (const home of homes(cluster)) await home.open()
    await cluster.rest()
    await expectRenamed(cluster)
  })

  it.each(Array.from({ length: stepCount }, (_, at) => at))(
    'undoes nothing when a process that was stopped at step %i wakes up after its successor',
    async (at) => {
      const cluster = await openWatching()
      const { promise: woken, resolve: wake } = Promise.withResolvers<void>()
      let count = 0
      cluster.onStep = async () => {
        if (count++ === at) await woken
      }
      await cluster.rename(alice, alicia)
      await cluster.rest()
      const notices = await Promise.all([cluster.hq.takeOver(), cluster.oslo.takeOver()])
      await cluster.rest()
      await cluster.route(setNote(alicia, 'first'))
      wake()
      await cluster.rest()
      for (const notice of notices) notice()
      await cluster.rest()
      await expectRenamed(cluster)
    },
  )
})

describe('a rename while the store refuses writes', () => {
  it('is served from memory, and stored when the store is back', async () => {
    const cluster = await openWatching()
    let isAway = true
    cluster.onStep = (step) => {
      if (isAway && step.endsWith('before commit')) throw new Error('the store is away')
    }
    await cluster.rename(alice, alicia)
    await settled()
    expect(await cluster.route(read(alicia))).toContain('>first<')
    expect(await cluster.hq.stored(alicia)).toBeUndefined()
    isAway = false
    await cluster.rest()
    await expectRenamed(cluster)
  })
})

describe('renames among watches and changes, whatever the order', () => {
  const names = ['alice', 'bob', 'carol'] as const
  const step = fc.oneof(
    fc.record({ kind: fc.constant('rename'), who: fc.nat(2), isBack: fc.boolean() }),
    fc.record({ kind: fc.constant('state'), who: fc.nat(2), state: fc.constantFrom('online', 'busy', 'away', 'idle') }),
    fc.record({ kind: fc.constant('move'), who: fc.nat(2) }),
    fc.record({ kind: fc.constant('restart'), who: fc.nat(1) }),
    fc.record({ kind: fc.constant('rest'), who: fc.nat(2) }),
  )

  it('show every watcher the truth, and keep what was acknowledged', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 14 }),
        fc.infiniteStream(fc.nat(3)),
        async (steps, turns) => {
          const cluster = await openWatching()
          cluster.onStep = async () => {
            for (let turn = turns.next().value ?? 0; turn > 0; turn--) await settled()
          }
          const first = [alice, bob, carol]
          const now = [...first]
          /** The URL that each had before this one. */
          const left: LogicalUrl[] = []
          const states = first.map(() => 'offline')
          let renames = 0
          for (const made of steps) {
            const url = now[made.who] ?? alice
            if (made.kind === 'rename') {
              renames += 1
              const former = 'isBack' in made && made.isBack ? left[made.who] : undefined
              const to = former ?? urlOf(`${names[made.who]}-${renames}`)
              await cluster.rename(url, to)
              left[made.who] = url
              now[made.who] = to
            } else if (made.kind === 'state' && 'state' in made) {
              await cluster.route(setState(url, made.state))
              states[made.who] = made.state
            } else if (made.kind === 'move') {
              const [from, to] = cluster.map.entries.locate(url)?.home === hq ? [cluster.hq, oslo] : [cluster.oslo, hq]
              const refused = (err: unknown) => expect(err).toMatchObject({ status: 503 })
              await cluster.until(from.moveNode(url, to).catch(refused))
            } else if (made.kind === 'restart') {
              await (made.who === 0 ? cluster.hq : cluster.oslo).open()
            } else await cluster.rest()
          }
          cluster.onStep = () => {}
          await cluster.rest()
          cluster.clock.elapse(10_000)
          await cluster.rest()
          for (const [of, url] of now.entries()) {
            expect(await cluster.route(read(url))).toContain(`<r:${states[of]}`)
            for (const who of first) {
              if (who === first[of] || states[of] === 'offline') continue
              expect([who, first[of], shown(cluster, who, first[of] ?? alice)]).toEqual([who, first[of], states[of]])
            }
          }
          expect((await cluster.route(acl(now[0] ?? alice))) ?? '').toContain(now[0])
        },
      ),
      { numRuns: 150 },
    )
  })
})
