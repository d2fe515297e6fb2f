import { type PresenceState, presenceStates } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { deriveState, nextSharedState } from './derive-state.ts'
import type { StoredView } from './node-store.ts'

function views(...states: PresenceState[]): StoredView[] {
  return states.map((state, index) => ({ id: index + 1, state, defaultState: 'offline', expiresAt: 1 }))
}

describe('a user’s state, RVP §5.5', () => {
  it.each<[PresenceState[], PresenceState | undefined, PresenceState]>([
    [[], undefined, 'offline'],
    [[], 'busy', 'offline'],
    [['offline', 'offline'], 'busy', 'offline'],
    [['online'], undefined, 'online'],
    [['online'], 'busy', 'busy'],
    [['online', 'busy'], 'online', 'online'],
    [['idle'], 'online', 'idle'],
    [['idle', 'idle'], 'busy', 'idle'],
    [['idle', 'online'], 'at-lunch', 'at-lunch'],
    [['idle', 'offline'], 'online', 'idle'],
    [['idle', 'idle'], 'invisible', 'invisible'],
    [['online', 'idle'], 'invisible', 'invisible'],
  ])('from the views %j and the shared state %s is %s', (states, shared, derived) => {
    expect(deriveState(views(...states), shared)).toBe(derived)
  })
})

describe('the state that devices share, RVP §5.5', () => {
  it.each<[string, PresenceState | undefined, Parameters<typeof nextSharedState>[1], PresenceState | undefined]>([
    [
      'the first device brings it',
      undefined,
      { before: undefined, after: 'away', renewal: false, othersPresent: false },
      'away',
    ],
    [
      'an idle first device brings online',
      undefined,
      { before: undefined, after: 'idle', renewal: false, othersPresent: false },
      'online',
    ],
    [
      'what was chosen last holds',
      'busy',
      { before: 'online', after: 'at-lunch', renewal: false, othersPresent: true },
      'at-lunch',
    ],
    [
      'a second device that signs in as online leaves it',
      'busy',
      { before: undefined, after: 'online', renewal: false, othersPresent: true },
      'busy',
    ],
    [
      'a second device that signs in as something else changes it',
      'busy',
      { before: undefined, after: 'away', renewal: false, othersPresent: true },
      'away',
    ],
    [
      'coming back from idle leaves it',
      'busy',
      { before: 'idle', after: 'online', renewal: false, othersPresent: true },
      'busy',
    ],
    [
      'online chosen after something else changes it',
      'busy',
      { before: 'busy', after: 'online', renewal: false, othersPresent: true },
      'online',
    ],
    ['a renewal leaves it', 'busy', { before: 'online', after: 'online', renewal: true, othersPresent: true }, 'busy'],
    [
      'a renewal of the only device leaves it',
      'away',
      { before: 'online', after: 'online', renewal: true, othersPresent: false },
      'away',
    ],
    [
      'the last device takes it away',
      'busy',
      { before: 'busy', after: 'offline', renewal: false, othersPresent: false },
      undefined,
    ],
  ])('%s', (_, shared, change, next) => {
    expect(nextSharedState(shared, change)).toBe(next)
  })

  it('is never changed by one of several devices that becomes idle or offline', () => {
    for (const shared of presenceStates.filter((state) => state !== 'idle' && state !== 'offline')) {
      for (const before of [undefined, ...presenceStates]) {
        for (const after of ['idle', 'offline'] as const) {
          for (const renewal of [true, false]) {
            expect(nextSharedState(shared, { before, after, renewal, othersPresent: true })).toBe(shared)
          }
        }
      }
    }
  })
})
