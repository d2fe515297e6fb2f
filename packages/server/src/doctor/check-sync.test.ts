import { LocationsMemory, ManualClock, type SourceProblem, SyncStoreMemory } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { checkSync } from './check-sync.ts'

const state = { fingerprint: 'as now', fullReadAt: 0, changedAt: 7_200_000, users: 3, groups: 1 }
const now = 7_260_000

async function check(fill: (store: SyncStoreMemory) => Promise<void>, fingerprint: string | undefined = 'as now') {
  const store = new SyncStoreMemory(new ManualClock(), new LocationsMemory())
  await fill(store)
  const findings = await checkSync({ store, fingerprint, now })
  return findings.map(({ level, what, todo }) => [level, what, todo].filter(Boolean).join(' | '))
}

async function ran(store: SyncStoreMemory): Promise<void> {
  await store.hold('sync-1', 10_000)
  await store.save('sync-1', state)
}

describe('checkSync', () => {
  it('says how to begin where nothing was read yet', async () => {
    expect(await check(async () => undefined)).toEqual([
      expect.stringMatching(/^warn \| parley sync has not read the directory yet.*--dry-run/),
    ])
  })

  it('says what the last run did, and who follows the changes', async () => {
    expect(await check(ran)).toEqual([
      'ok | the directory map has 3 users and 1 groups; all were read 2 h ago, the last changes 1 min ago',
      'ok | changes of the directory are followed by sync-1',
    ])
  })

  it('warns when nobody follows, and when the directory is configured otherwise now', async () => {
    const left = async (store: SyncStoreMemory) => {
      await ran(store)
      await store.release('sync-1')
    }
    expect((await check(left, 'otherwise')).slice(1)).toEqual([
      expect.stringMatching(/^warn \| no parley sync runs now/),
      expect.stringMatching(/^warn \| "directory" has been changed .*--dry-run/),
    ])
    expect(await check(left, undefined)).toHaveLength(2)
  })

  it('names entries that cannot be used, each once, some of many', async () => {
    const clash = { origin: 'uid=bob,dc=x', what: 'the alias bob is that of uid=b,dc=x: give one another uid' }
    const found = await check(async (store) => {
      await ran(store)
      await store.switchOff('some-id', userUrl('im.example.com', 'eve'))
      await store.putProblems([
        clash,
        clash,
        ...Array.from({ length: 25 }, (_, at): SourceProblem => ({ origin: `uid=u${at}`, what: 'no mail' })),
      ])
    })
    expect(found[2]).toBe('ok | 1 users are switched off by hand, whatever the directory says')
    expect(found[3]).toBe('warn | uid=bob,dc=x: the alias bob is that of uid=b,dc=x | give one another uid')
    expect(found[4]).toBe('warn | uid=u0: no mail | mend the entry in the directory')
    expect(found.at(-1)).toBe('warn | 6 more entries cannot be used as they are | parley status --config FILE')
  })
})
