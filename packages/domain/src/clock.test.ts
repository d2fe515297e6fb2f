import { afterEach, describe, vi } from 'vitest'
import { systemClock } from './clock.ts'
import { ManualClock } from './clock-manual.ts'
import { clockContract } from './contracts/clock-contract.ts'

describe('the clock of tests', () => {
  clockContract(async () => {
    const clock = new ManualClock()
    return { clock, elapse: async (ms) => clock.elapse(ms) }
  })
})

describe('the clock of the system', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  // The platform's timers are replaced below it, so that no test waits for time to pass.
  clockContract(async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 0) })
    return { clock: systemClock, elapse: async (ms) => void vi.advanceTimersByTime(ms) }
  })
})
