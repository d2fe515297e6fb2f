import { syncOrigin } from '@parley/directory-sync'
import { LocationsMemory, ManualClock, SyncStoreMemory } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { syncStatus } from './sync-status.ts'

const state = { fingerprint: 'f', fullReadAt: 1_700_000_000_000, changedAt: 1_700_000_060_000, users: 3, groups: 1 }
const clash = { id: 'a', origin: 'cn=a', what: 'another entry has the alias' }

describe('what parley status says of parley sync', () => {
  it('is nothing where there is none, and none is needed', async () => {
    const store = new SyncStoreMemory(new ManualClock(), new LocationsMemory())
    expect(await syncStatus(store, { isFollowed: false })).toBeUndefined()
    expect((await syncStatus(store, { isFollowed: true }))?.degraded).toEqual([
      'nobody follows the directory: keep "parley sync" running',
    ])
  })

  it('tells what it did, who waits, and what hinders it, but not who was switched off on purpose', async () => {
    const store = new SyncStoreMemory(new ManualClock(), new LocationsMemory())
    await store.hold('host', 1_000)
    await store.save('host', state)
    const [ann, ben] = ['a', 'b'].map((id) => ({
      entry: {
        kind: 'user' as const,
        id,
        node: userUrl('im.example.com', id),
        displayName: id,
        names: [],
        attributes: {},
        origin: `cn=${id}`,
      },
      problem: { ...clash, id, origin: `cn=${id}` },
    }))
    if (ann && ben) await store.putWaiting([ann, ben])
    await store.switchOff('b', userUrl('im.example.com', 'b'))
    const refused = { origin: syncOrigin, what: 'too many would be removed' }
    const broken = { origin: 'cn=c', what: 'no mail' }
    await store.putProblems([refused, broken])
    expect(await syncStatus(store, { isFollowed: true })).toEqual({
      holder: 'host',
      users: 3,
      groups: 1,
      fullReadAt: '2023-11-14T22:13:20.000Z',
      changedAt: '2023-11-14T22:14:20.000Z',
      switchedOff: 1,
      problems: [broken, clash],
      degraded: ['parley sync: too many would be removed'],
    })
  })
})
