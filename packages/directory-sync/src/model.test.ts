import type { SourceUser } from '@parley/domain'
import { type LogicalUrl, userUrl } from '@parley/protocol'
import {
  type Arbitrary,
  array,
  assert,
  asyncProperty,
  constant,
  constantFrom,
  nat,
  oneof,
  record,
  subarray,
} from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EngineUnderTest } from './testing/engine-under-test.ts'
import { sourceGroup, sourceUser } from './testing/scripted-directory.ts'

type Step =
  | { readonly what: 'put'; readonly id: string; readonly alias: string; readonly names: string[] }
  | { readonly what: 'remove' | 'switchOff' | 'switchOn'; readonly id: string }
  | { readonly what: 'group'; readonly members: string[] }
  | { readonly what: 'run'; readonly full: boolean; readonly restart: boolean }

const ids = ['1', '2', '3', '4']
const aliases = ['a', 'b', 'c']
const names = ['x', 'y', 'z']
const url = (alias: string) => userUrl('im.example.com', alias)

const step: Arbitrary<Step> = oneof(
  {
    weight: 4,
    arbitrary: record({
      what: constant('put' as const),
      id: constantFrom(...ids),
      alias: constantFrom(...aliases),
      names: subarray(names),
    }),
  },
  {
    weight: 2,
    arbitrary: record({
      what: constantFrom('remove' as const, 'switchOff' as const, 'switchOn' as const),
      id: constantFrom(...ids),
    }),
  },
  { weight: 1, arbitrary: record({ what: constant('group' as const), members: subarray(ids) }) },
  {
    weight: 4,
    arbitrary: record({
      what: constant('run' as const),
      full: nat(3).map((at) => at === 0),
      restart: nat(3).map((at) => at === 0),
    }),
  },
)

/** What the map has to be, worked out from all of the directory each time. */
class Model {
  readonly wanted = new Map<string, { node: LogicalUrl; names: readonly string[] }>()
  readonly off = new Set<string>()
  held = new Map<string, { node: LogicalUrl; names: readonly string[] }>()
  /** Where users were who were renamed, and where each went last. */
  readonly gone = new Map<LogicalUrl, string>()

  run(): void {
    const present = new Map([...this.wanted].filter(([id]) => !this.off.has(id)))
    const before = new Map([...this.held].filter(([id]) => present.has(id)))
    const claims = new Map<string, number>()
    for (const [id, { node, names: called }] of present) {
      const has = before.get(id)
      const asked = [...(has?.node === node ? [] : [node]), ...called.filter((name) => !has?.names.includes(name))]
      for (const text of asked) claims.set(text, (claims.get(text) ?? 0) + 1)
    }
    const next = new Map<string, { node: LogicalUrl; names: readonly string[] }>()
    for (const [id, { node, names: called }] of present) {
      const has = before.get(id)
      const isTaken = [...before].some(([other, entry]) => other !== id && entry.node === node)
      const reserved = this.goneTo(node)
      const isReserved = reserved !== undefined && reserved !== has?.node
      const gets = has?.node === node || (claims.get(node) === 1 && !isTaken && !isReserved)
      const at = gets ? node : has?.node
      const given = called.filter(
        (name) => has?.names.includes(name) || (claims.get(name) === 1 && !this.#isKept(before, present, id, name)),
      )
      if (at !== undefined) next.set(id, { node: at, names: given })
    }
    for (const [id, { node }] of before) {
      const now = next.get(id)?.node
      if (now !== undefined && now !== node) {
        this.gone.set(node, now)
        this.gone.delete(now as LogicalUrl)
      }
    }
    this.held = next
  }

  goneTo(node: LogicalUrl): string | undefined {
    let at: string | undefined = this.gone.get(node)
    for (
      let next = at && this.gone.get(at as LogicalUrl);
      next !== undefined && next !== '';
      next = this.gone.get(next as LogicalUrl)
    )
      at = next
    return at
  }

  #isKept(before: Model['held'], present: Model['held'], id: string, name: string): boolean {
    return [...before].some(
      ([other, entry]) =>
        other !== id && entry.names.includes(name) && (present.get(other)?.names.includes(name) ?? false),
    )
  }
}

describe('a directory that changes at random', () => {
  it('is in the map as a simple model says, whether it was read whole or by its changes', async () => {
    await assert(
      asyncProperty(array(step, { maxLength: 40 }), async (steps) => {
        const test = new EngineUnderTest()
        const model = new Model()
        const homes = new Map<string, string>()
        let members: readonly string[] = []
        await test.run()
        for (const one of [...steps, { what: 'run', full: false, restart: false } as const]) {
          switch (one.what) {
            case 'put': {
              const user: SourceUser = sourceUser(one.id, one.alias, { names: one.names })
              test.directory.put(user)
              model.wanted.set(one.id, { node: user.node, names: one.names })
              break
            }
            case 'remove':
              test.directory.remove(one.id)
              model.wanted.delete(one.id)
              break
            case 'switchOff':
              await test.store.switchOff(one.id, url('a'))
              model.off.add(one.id)
              break
            case 'switchOn':
              await test.store.switchOn(one.id)
              model.off.delete(one.id)
              break
            case 'group':
              members = one.members
              test.directory.put(sourceGroup('g', members))
              break
            case 'run': {
              if (one.restart) test.restart()
              await test.run({ full: one.full, mostRemoved: 1 })
              model.run()
              await check(test, model, members, homes)
            }
          }
        }
      }),
      { numRuns: 400 },
    )
  }, 60_000)
})

async function check(
  test: EngineUnderTest,
  model: Model,
  members: readonly string[],
  homes: Map<string, string>,
): Promise<void> {
  const users = (await test.entries()).filter(({ kind }) => kind === 'user')
  const actual = Object.fromEntries(users.map(({ id, node, names: called }) => [id, { node, names: called }]))
  expect(actual).toEqual(Object.fromEntries(model.held))
  for (const name of names) {
    const holder = [...model.held.values()].find((entry) => entry.names.includes(name))
    expect((await test.map.named(name))?.node).toBe(holder?.node)
  }
  for (const { id = '', home } of users) {
    expect(homes.get(id) ?? home).toBe(home)
    homes.set(id, home)
  }
  const nodes = members.flatMap((id) => model.held.get(id)?.node ?? [])
  expect((await test.map.membersOf(sourceGroup('g', []).node)) ?? []).toEqual(nodes.sort())
  expect(await test.store.state()).toMatchObject({ users: model.held.size })
}
