import { describe, expect, it } from 'vitest'
import { presenceStates, visibleState } from './presence-state.ts'

describe('presence states', () => {
  it('shows invisible to others as offline, and every other state as it is [R19]', () => {
    expect(visibleState('invisible')).toBe('offline')
    for (const state of presenceStates.filter((name) => name !== 'invisible')) expect(visibleState(state)).toBe(state)
  })
})
