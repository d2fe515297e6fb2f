import { parseHomeName } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { silences, statusOf, sumOfCounts } from './held-home.ts'

const counts = { nodes: 9, online: 3, devices: 4, subscriptions: 5, watchReportsWaiting: 2, homesSilent: 1 }

describe('the homes of a process', () => {
  it('say how many watches other homes have not been told of', () => {
    expect(statusOf({ counts: () => counts })).toEqual({ online: 3, devices: 4, subscriptions: 5, lag: 2 })
  })

  it('are counted together', () => {
    expect(sumOfCounts([{ counts: () => counts }, { counts: () => counts }])).toEqual({
      nodes: 18,
      online: 6,
      devices: 8,
      subscriptions: 10,
      watchReportsWaiting: 4,
      homesSilent: 2,
    })
  })

  it('tell once of each home that they do not hear, and how its users are shown', () => {
    const quiet = { home: parseHomeName('hq-2'), seconds: 12, isOffline: false }
    const gone = { home: parseHomeName('oslo-1'), seconds: 75, isOffline: true }
    expect(silences([{ unheard: () => [quiet] }, { unheard: () => [quiet, gone] }])).toEqual([
      'hq-2 has not been heard for 12 s: its users may be shown in an old state',
      'oslo-1 has not been heard for 75 s: its users are shown offline',
    ])
  })
})
