import { ManualClock } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { attemptLimits, DirectoryPolicy } from './directory-policy.ts'

const minutes = (count: number) => count * 60_000

describe('tries below a directory’s lockout, promise 7', () => {
  it.each([
    [3, 1, 1],
    [4, 2, 1],
    [5, 3, 2],
    [6, 3, 2],
    [10, 5, 3],
    [50, 25, 13],
    [1, 1, 1],
    [0, 10, 5],
  ])('of %i wrong passwords allow %i, %i from one address', (threshold, perAccount, perAddress) => {
    expect(attemptLimits({ threshold, windowMs: minutes(30) }, {})).toEqual({
      perAccount,
      perAddress,
      windowMs: minutes(31),
    })
  })

  it('are three in half an hour when nothing is known', () => {
    expect(attemptLimits(undefined, {})).toEqual({ perAccount: 3, perAddress: 2, windowMs: minutes(31) })
  })

  it('are as configured, but never reach the threshold nor forget before the directory', () => {
    const configured = { perAccount: 8, windowMinutes: 10 }
    expect(attemptLimits(undefined, configured)).toMatchObject({ perAccount: 8, windowMs: minutes(11) })
    const policy = { threshold: 5, windowMs: minutes(30) }
    expect(attemptLimits(policy, configured)).toMatchObject({ perAccount: 4, windowMs: minutes(31) })
    expect(attemptLimits(policy, { perAccount: 1, windowMinutes: 60 })).toMatchObject({
      perAccount: 1,
      windowMs: minutes(61),
    })
  })
})

describe('what a directory says of its accounts', () => {
  it('is read again each hour, after a minute when the directory was away, and kept meanwhile', async () => {
    const clock = new ManualClock()
    const answers = [5, 'away', 10] as (number | 'away')[]
    const reader = {
      readLockoutPolicy: async () => {
        const threshold = answers.shift()
        if (typeof threshold !== 'number') throw new UnavailableError('away')
        return { threshold, windowMs: minutes(30) }
      },
      readNtDomain: async () => 'EXAMPLE',
    }
    const problems: string[] = []
    const onProblem = (reason: string) => void problems.push(reason)
    const policy = new DirectoryPolicy(reader, { attempts: {}, ntDomain: undefined, clock, onProblem })
    expect(policy.ntDomain).toBeUndefined()
    const tries = async (laterMs: number) => {
      clock.elapse(laterMs)
      return (await policy.limits()).perAccount
    }
    expect(await tries(0)).toBe(3)
    expect(policy.ntDomain).toBe('EXAMPLE')
    expect(await tries(minutes(59))).toBe(3)
    expect(await tries(minutes(1))).toBe(3)
    expect(await tries(minutes(1))).toBe(5)
    expect(answers).toEqual([])
    expect(problems).toEqual(['away'])
  })

  it('does not win over the configured name', async () => {
    const reader = { readLockoutPolicy: async () => undefined, readNtDomain: async () => 'OTHER' }
    const clock = new ManualClock()
    const onProblem = () => undefined
    const policy = new DirectoryPolicy(reader, { attempts: {}, ntDomain: 'EXAMPLE', clock, onProblem })
    await policy.refresh()
    expect(policy.ntDomain).toBe('EXAMPLE')
  })
})
