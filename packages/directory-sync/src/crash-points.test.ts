import type { RenamesMemory } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { EngineUnderTest, hq } from './testing/engine-under-test.ts'
import { DeathError, Mortal } from './testing/mortal.ts'
import { sourceGroup, sourceUser } from './testing/scripted-directory.ts'

/** What everybody sees once a run is complete. */
async function outcome(test: EngineUnderTest) {
  const entries = [...(await test.entries())].sort((a, b) => (a.node < b.node ? -1 : 1))
  const gone = ['a', 'b', 'c', 'd'].map((alias) => test.renames.find(userUrl('im.example.com', alias)))
  const { users, groups, cookie } = (await test.store.state()) ?? {}
  return {
    entries,
    members: await Promise.all(entries.map(async ({ node }) => [...((await test.map.membersOf(node)) ?? [])].sort())),
    names: await Promise.all(['n1', 'n2', 'n3'].map((name) => test.map.named(name))),
    renames: await Promise.all(gone),
    waiting: await test.waiting(),
    problems: await test.store.problems(),
    memberships: new Map((await Array.fromAsync(test.store.memberships())).map((one) => [one.group, one.members])),
    state: { users, groups, cookie },
  }
}

/** A directory in which much has happened since it was read. */
async function changed(): Promise<EngineUnderTest> {
  const test = new EngineUnderTest()
  // NOTE: whoever is balanced may get another home the next time.
  test.homes = [hq]
  test.directory.put(
    sourceUser('1', 'a', { names: ['n1'] }),
    sourceUser('2', 'b', { names: ['n2'] }),
    sourceUser('3', 'c', { names: ['n3'] }),
    sourceUser('4', 'd', { names: [] }),
    sourceUser('5', 'd', { names: [] }),
    sourceUser('6', 'e', { names: [] }),
    sourceGroup('staff', ['1', '2', '3', '4', '7']),
    sourceGroup('old', ['1']),
  )
  await test.run()
  // A rename, a swap of names, an alias that becomes free, somebody new, somebody gone, a group that is renamed and one that ends.
  test.directory.put(sourceUser('1', 'anna', { names: ['n2'] }), sourceUser('2', 'b', { names: ['n1'] }))
  test.directory.remove('3', '5', 'old')
  test.directory.put(
    sourceUser('7', 'c', { names: ['n3'] }),
    sourceUser('8', 'b'),
    sourceGroup('staff', ['2', '7', '1'], 'team'),
  )
  test.directory.spoil('9', 'two IM addresses')
  await test.store.switchOff('6', userUrl('im.example.com', 'e'))
  return test
}

/** What it stands on, as a process reaches it that will end. */
function mortalPorts(test: EngineUnderTest, mortal: Mortal) {
  const map = mortal.reach(test.map)
  // NOTE: renames are several steps of their own; their log outlives the process, as the map does.
  const log = mortal.reach(test.renames)
  const renames = {
    find: log.find.bind(log),
    rename: async (...args: Parameters<RenamesMemory['rename']>) => {
      await renameBySteps(test, mortal, args[0])
    },
  }
  return { ...test.ports, map, renames, store: mortal.reach(test.store) }
}

/** As `RenamesMemory`, but the process may end between its steps. */
async function renameBySteps(test: EngineUnderTest, mortal: Mortal, renames: Parameters<RenamesMemory['rename']>[0]) {
  const steps = mortal.reach({
    enter: async () => {
      for (const { from, to } of renames) {
        const entry = await test.map.entry(from)
        const members = await test.map.membersOf(from)
        if (entry) await test.map.put([{ ...entry, node: to }])
        if (members) await test.map.putMembers(to, members)
      }
    },
    finish: () => test.renames.rename(renames),
  })
  await steps.enter()
  await steps.finish()
}

describe('a run that ends at any point', () => {
  for (const full of [false, true]) {
    for (const isLastDone of [false, true]) {
      const kind = `${full ? 'full' : 'incremental'} run, ${isLastDone ? 'after' : 'before'} each call in turn`
      it(`is mended by the next one: ${kind}`, async () => {
        const undisturbed = await changed()
        await undisturbed.run({ full })
        const expected = await outcome(undisturbed)
        expect(expected.entries).not.toEqual([])
        let deaths = 0
        for (let calls = 1; ; calls++) {
          const test = await changed()
          const mortal = new Mortal(calls, { isLastDone })
          const engine = test.restart(mortalPorts(test, mortal))
          await test.store.hold('test', 60_000)
          const run = engine.run({ holder: 'test', mostRemoved: 1, step: () => {}, full })
          const died = await run.then(
            () => false,
            (err: unknown) => {
              if (!(err instanceof DeathError)) throw err
              return true
            },
          )
          test.restart()
          await test.run({ mostRemoved: 1 })
          expect(await outcome(test), `after ${calls} calls`).toEqual(expected)
          if (!died) break
          deaths += 1
        }
        expect(deaths).toBeGreaterThan(20)
      })
    }
  }
})
