import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import type { SourceUser } from '../directory-source.ts'
import { parseHomeName } from '../home-name.ts'
import type { LocationWriter, MapEntry } from '../locations.ts'
import type { FormerPlace, Membership, SyncState, SyncStore, WaitingEntry } from '../sync-store.ts'

/** An empty store beside an empty map, as two processes see them. */
export interface OpenSyncStore {
  readonly store: SyncStore
  /** The same store over a connection of its own; it may be the same object. */
  readonly other: SyncStore
  /** The map that the store looks entries up in. */
  readonly map: LocationWriter
  /** Resolves once a lease that was taken or prolonged for `ms` or less before the call has run out. */
  elapse(ms: number): Promise<void>
}

/** Short enough to wait for on a real server. Nothing expects such a lease to be held still. */
const shortMs = 50
/** Runs out in no test. */
const longMs = 600_000

/** What every store of `parley sync` does. `open` gives an empty one. */
export function syncStoreContract(open: () => Promise<OpenSyncStore>): void {
  const hq = parseHomeName('hq-1')
  const oslo = parseHomeName('oslo-1')
  const user = (alias: string): SourceUser => ({
    kind: 'user',
    id: `id-${alias}`,
    node: userUrl('im.example.com', alias),
    displayName: `${alias} "A" Müller`,
    mail: `${alias}@example.com`,
    names: [`${alias}@example.com`, `example\\${alias}`],
    home: hq,
    site: 'hq',
    unit: 'ou=hq,dc=example,dc=com',
    attributes: { department: 'Süd' },
    origin: `CN=${alias},OU=hq,DC=example,DC=com`,
  })
  const mapEntry = (alias: string, id = `id-${alias}`): MapEntry => ({
    node: userUrl('im.example.com', alias),
    kind: 'user',
    home: hq,
    displayName: alias,
    id,
  })
  const waiting = (alias: string, what = 'somebody else has the alias'): WaitingEntry => {
    const { id, origin, ...entry } = user(alias)
    return { entry: { ...entry, id, origin }, problem: { id, origin, what } }
  }
  const state: SyncState = {
    fingerprint: 'ldaps://dc1 DC=example,DC=com',
    cookie: 'c'.repeat(60_000),
    fullReadAt: 1_700_000_000_000,
    changedAt: 1_700_000_000_001,
    users: 75_000,
    groups: 12,
  }

  describe('SyncStore contract: the lease', () => {
    it('is given to one holder, who may prolong it', async () => {
      const { store, other } = await open()
      expect(await store.holder()).toBeUndefined()
      expect(await store.hold('ann', longMs)).toBe(true)
      expect(await other.hold('ben', longMs)).toBe(false)
      expect(await store.hold('ann', longMs)).toBe(true)
      expect(await other.holder()).toBe('ann')
    })

    it('is given to one of many who ask at once', async () => {
      const { store, other } = await open()
      const answers = await Promise.all(
        ['ann', 'ben', 'cid', 'dan'].map((name, at) => (at % 2 === 0 ? store : other).hold(name, longMs)),
      )
      expect(answers.filter((held) => held)).toHaveLength(1)
    })

    it('is free at once when it is given up, by its holder only', async () => {
      const { store, other } = await open()
      await store.hold('ann', longMs)
      await other.release('ben')
      expect(await other.hold('ben', longMs)).toBe(false)
      await store.release('ann')
      await store.release('ann')
      expect(await other.holder()).toBeUndefined()
      expect(await other.hold('ben', longMs)).toBe(true)
    })

    it('runs out', async () => {
      const { store, other, elapse } = await open()
      await store.hold('ann', shortMs)
      await elapse(shortMs)
      expect(await other.holder()).toBeUndefined()
      expect(await other.hold('ben', longMs)).toBe(true)
      expect(await store.hold('ann', longMs)).toBe(false)
    })
  })

  describe('SyncStore contract: the state', () => {
    it('is there when its holder has saved it, over any connection', async () => {
      const { store, other } = await open()
      expect(await store.state()).toBeUndefined()
      await store.hold('ann', longMs)
      expect(await store.save('ann', state)).toBe(true)
      expect(await other.state()).toEqual(state)
      const { cookie: _, ...without } = state
      expect(await store.save('ann', { ...without, users: 3 })).toBe(true)
      expect(await other.state()).toEqual({ ...without, users: 3 })
    })

    it('is not replaced by who has no lease', async () => {
      const { store, other, elapse } = await open()
      expect(await store.save('ann', state)).toBe(false)
      await store.hold('ann', shortMs)
      await elapse(shortMs)
      expect(await store.save('ann', state)).toBe(false)
      await other.hold('ben', longMs)
      expect(await store.save('ann', state)).toBe(false)
      expect(await store.state()).toBeUndefined()
    })
  })

  describe('SyncStore contract: what is kept of entries', () => {
    it('finds the nodes of ids in the map', async () => {
      const { store, other, map } = await open()
      await map.put([mapEntry('alice'), mapEntry('bob')])
      const { id: _, ...nobodys } = mapEntry('carol')
      await map.put([nobodys])
      const expected = new Map([
        ['id-alice', userUrl('im.example.com', 'alice')],
        ['id-bob', userUrl('im.example.com', 'bob')],
      ])
      const ids = ['id-alice', 'id-bob', 'id-carol', 'id-nobody']
      expect(await store.nodesOf(ids)).toEqual(expected)
      expect(await other.nodesOf(ids)).toEqual(expected)
      expect(await store.nodesOf([])).toEqual(new Map())
    })

    it('finds the newer of two nodes with one id, also when the older one is taken out', async () => {
      const { store, map } = await open()
      await map.put([mapEntry('alice')])
      await map.put([mapEntry('alice.smith', 'id-alice')])
      const expected = new Map([['id-alice', userUrl('im.example.com', 'alice.smith')]])
      expect(await store.nodesOf(['id-alice'])).toEqual(expected)
      await map.remove([userUrl('im.example.com', 'alice')])
      expect(await store.nodesOf(['id-alice'])).toEqual(expected)
      await map.remove([userUrl('im.example.com', 'alice.smith')])
      expect(await store.nodesOf(['id-alice'])).toEqual(new Map())
    })

    it('finds a node by its new id only, when it is put with another one', async () => {
      const { store, map } = await open()
      await map.put([mapEntry('alice')])
      await map.put([mapEntry('alice', 'id-other')])
      expect(await store.nodesOf(['id-alice', 'id-other'])).toEqual(
        new Map([['id-other', userUrl('im.example.com', 'alice')]]),
      )
    })

    it('remembers who is switched off, and at which node', async () => {
      const { store, other } = await open()
      const [alice, bob] = [userUrl('im.example.com', 'alice'), userUrl('im.example.com', 'bob')]
      expect(await store.switchedOff()).toEqual(new Map())
      await store.switchOff('id-alice', bob)
      await store.switchOff('id-alice', alice)
      await store.switchOff('id-bob', bob)
      const both = new Map([
        ['id-alice', alice],
        ['id-bob', bob],
      ])
      expect(await other.switchedOff()).toEqual(both)
      await other.switchOn('id-alice')
      await other.switchOn('id-nobody')
      expect(await store.switchedOff()).toEqual(new Map([['id-bob', bob]]))
    })

    it('keeps entries that wait until they are taken out, each as it was put last', async () => {
      const { store, other } = await open()
      expect(await store.waiting()).toEqual([])
      await store.putWaiting([waiting('alice'), waiting('bob')])
      await store.putWaiting([waiting('bob', 'somebody else has a name')])
      const group: WaitingEntry = {
        entry: {
          kind: 'group',
          id: 'id-sales',
          node: userUrl('im.example.com', 'sales'),
          displayName: 'Sales',
          members: ['id-alice', 'id-bob'],
          origin: 'CN=Sales,DC=example,DC=com',
        },
        problem: { origin: 'CN=Sales,DC=example,DC=com', what: 'somebody else has the URL' },
      }
      await store.putWaiting([group])
      const byId = (all: readonly WaitingEntry[]) => new Map(all.map((one) => [one.entry.id, one]))
      expect(byId(await other.waiting())).toEqual(
        byId([waiting('alice'), waiting('bob', 'somebody else has a name'), group]),
      )
      await other.removeWaiting(['id-alice', 'id-sales', 'id-nobody'])
      expect(await store.waiting()).toEqual([waiting('bob', 'somebody else has a name')])
    })

    it('replaces all problems, in their order, and keeps the first 1,000', async () => {
      const { store, other } = await open()
      const problems = Array.from({ length: 1_001 }, (_, at) => ({
        id: `id-${at}`,
        origin: `CN=${at}`,
        what: 'no mail',
      }))
      await store.putProblems(problems)
      expect(await other.problems()).toEqual(problems.slice(0, 1_000))
      await store.putProblems([{ origin: 'CN=x', what: 'nothing can be read' }])
      expect(await other.problems()).toEqual([{ origin: 'CN=x', what: 'nothing can be read' }])
      await store.putProblems([])
      expect(await other.problems()).toEqual([])
    })

    it('remembers where entries were that went', async () => {
      const { store, other } = await open()
      const alice: FormerPlace = { id: 'id-alice', node: userUrl('im.example.com', 'alice'), home: hq }
      await store.putFormer([alice, { ...alice, id: 'id-bob' }])
      await store.putFormer([{ ...alice, home: oslo }])
      expect(await other.former(['id-alice', 'id-nobody'])).toEqual(new Map([['id-alice', { ...alice, home: oslo }]]))
      expect(await other.former([])).toEqual(new Map())
    })

    it('keeps who is in which group', async () => {
      const { store, other } = await open()
      const sales: Membership = { group: 'id-sales', members: ['id-alice', 'id-bob'] }
      const empty: Membership = { group: 'id-empty', members: [] }
      const many: Membership = { group: 'id-many', members: Array.from({ length: 10_000 }, (_, at) => `id-${at}`) }
      await store.putMemberships([{ ...sales, members: [] }, empty, many])
      await store.putMemberships([sales])
      const listed = async () => new Map((await Array.fromAsync(other.memberships())).map((one) => [one.group, one]))
      expect(await listed()).toEqual(
        new Map([
          ['id-sales', sales],
          ['id-empty', empty],
          ['id-many', many],
        ]),
      )
      await store.removeMemberships(['id-many', 'id-empty', 'id-nobody'])
      expect([...(await listed()).values()]).toEqual([sales])
    })
  })
}
