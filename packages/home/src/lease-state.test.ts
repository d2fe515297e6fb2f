import { describe, expect, it } from 'vitest'
import { leaseRenewed, leaseTaken, mayServe } from './lease-state.ts'

describe('what a holder knows about its lease', () => {
  const lease = leaseTaken(7, 1_000, 5_000)

  it('lets it serve for as long as the lease lasts, from when it was asked for', () => {
    expect(lease.epoch).toBe(7)
    expect([1_000, 5_999, 6_000].map((now) => mayServe(lease, now))).toEqual([true, true, false])
  })

  it('lets it serve on from when a renewal was sent, whether it was granted or nobody answered', () => {
    for (const outcome of ['kept', 'unanswered'] as const) {
      const renewed = leaseRenewed(lease, outcome, 2_500, 5_000)
      expect([7_499, 7_500].map((now) => mayServe(renewed, now))).toEqual([true, false])
    }
  })

  it('lets it serve again after it knew nothing for a while', () => {
    expect(mayServe(leaseRenewed(lease, 'kept', 60_000, 5_000), 60_001)).toBe(true)
  })

  it('is not shortened by an answer that comes late', () => {
    const renewed = leaseRenewed(leaseRenewed(lease, 'kept', 4_000, 5_000), 'unanswered', 2_500, 5_000)
    expect(mayServe(renewed, 8_999)).toBe(true)
  })

  it('ends for good when somebody else took the home, whatever is heard later', () => {
    const lost = leaseRenewed(lease, 'lost', 2_500, 5_000)
    expect(mayServe(lost, 2_501)).toBe(false)
    expect(mayServe(leaseRenewed(lost, 'kept', 2_400, 5_000), 2_501)).toBe(false)
  })
})
