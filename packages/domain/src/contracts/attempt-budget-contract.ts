import { describe, expect, it } from 'vitest'
import type { AttemptBudget, AttemptLimits, AttemptTimes } from '../attempt-budget.ts'

/** A budget under test, and how to let time pass for it. */
export interface OpenAttemptBudget extends AsyncDisposable {
  readonly budget: AttemptBudget
  /** What another edge has; it may be the same object. */
  readonly other: AttemptBudget
  /** Resolves once more than `ms` have passed where tries are counted. */
  elapse(ms: number): Promise<void>
}

/** What the budget under test is to take for the durations of checks: short enough to wait for on a real server. */
export const contractAttemptTimes: AttemptTimes = { pendingMs: 400, settledMs: 500 }

const limits: AttemptLimits = { perAccount: 5, perAddress: 3, windowMs: 600_000 }
const short: AttemptLimits = { ...limits, windowMs: 500 }
const [alice, bob] = ['4f1c0b1e-alice', 'bob with {braces}, spaces\r\nand ünïcödé']
const [desk, phone, laptop] = ['192.0.2.1', '2001:db8::7', '192.0.2.3']

/** What every budget promises; `open` gives one in which nobody has tried anything. */
export function attemptBudgetContract(open: () => Promise<OpenAttemptBudget>): void {
  describe('AttemptBudget contract', () => {
    it('allows so many tries of an account from everywhere, and no more', async () => {
      await using opened = await open()
      const { budget, other } = opened
      const tries = [desk, phone, desk, phone, laptop, laptop]
      const kinds: string[] = []
      for (const [index, address] of tries.entries()) {
        kinds.push((await (index % 2 ? budget : other).take(alice, address, limits)).kind)
      }
      expect(kinds).toEqual([...Array(5).fill('allowed'), 'refused'])
      expect(await budget.take(bob, desk, limits)).toEqual({ kind: 'allowed' })
    })

    it('leaves tries for others when one address has had its share', async () => {
      await using opened = await open()
      const { budget, other } = opened
      for (let index = 0; index < 3; index++) await budget.take(alice, desk, limits)
      expect(await other.take(alice, desk, limits)).toMatchObject({ kind: 'refused' })
      expect(await other.take(alice, phone, limits)).toEqual({ kind: 'allowed' })
    })

    it('never allows more, however many edges try at once', async () => {
      await using opened = await open()
      const { budget, other } = opened
      const all = Array.from({ length: 60 }, (_, index) =>
        (index % 2 ? budget : other).take(bob, `192.0.2.${index}`, limits),
      )
      const allowed = (await Promise.all(all)).filter(({ kind }) => kind === 'allowed')
      expect(allowed).toHaveLength(limits.perAccount)
    })

    it('forgets an account’s tries together, a window after the last', async () => {
      await using opened = await open()
      const { budget, elapse } = opened
      const one = { ...short, perAccount: 1 }
      await budget.take(alice, desk, one)
      await elapse(short.windowMs)
      expect(await budget.take(alice, desk, one)).toEqual({ kind: 'allowed' })
      await budget.take(bob, desk, short)
      await budget.take(bob, desk, limits)
      await elapse(short.windowMs)
      expect(await budget.take(bob, phone, { ...limits, perAccount: 2 })).toMatchObject({ kind: 'refused' })
    })

    it('says how long nobody may try; a second while a try may still be given back', async () => {
      await using opened = await open()
      const { budget, elapse } = opened
      for (let index = 0; index < 3; index++) await budget.take(alice, desk, limits)
      expect(await budget.take(alice, desk, limits)).toEqual({ kind: 'refused', retryAfterSeconds: 1 })
      await elapse(contractAttemptTimes.pendingMs)
      const refused = await budget.take(alice, desk, limits)
      const seconds = refused.kind === 'refused' ? refused.retryAfterSeconds : 0
      expect(seconds).toBeGreaterThan(500)
      expect(seconds).toBeLessThanOrEqual(600)
    })

    it('takes back a try that was not checked, and no other', async () => {
      await using opened = await open()
      const { budget, other } = opened
      for (const address of [desk, desk, phone]) await budget.take(alice, address, limits)
      await other.giveBack(alice, phone, 'not-checked')
      await other.giveBack(alice, laptop, 'not-checked')
      expect(await budget.take(alice, phone, { ...limits, perAccount: 3, perAddress: 1 })).toEqual({ kind: 'allowed' })
      expect(await budget.take(alice, laptop, { ...limits, perAccount: 3 })).toMatchObject({ kind: 'refused' })
    })

    it('lets a right password end wrong ones, but not those that may reach the directory after it', async () => {
      await using opened = await open()
      const { budget, other, elapse } = opened
      await budget.take(alice, desk, limits)
      await budget.take(alice, phone, limits)
      await elapse(contractAttemptTimes.settledMs)
      await budget.take(alice, laptop, limits)
      await other.take(alice, desk, limits)
      await other.giveBack(alice, desk, 'right')
      const one = { ...limits, perAccount: 2 }
      expect(await budget.take(alice, laptop, one)).toEqual({ kind: 'allowed' })
      expect(await budget.take(alice, phone, one)).toMatchObject({ kind: 'refused' })
    })

    it('gives nothing back of what was never taken', async () => {
      await using opened = await open()
      const { budget } = opened
      for (const why of ['right', 'not-checked'] as const) await budget.giveBack(alice, desk, why)
      const kinds: string[] = []
      for (let index = 0; index < 4; index++) kinds.push((await budget.take(alice, desk, limits)).kind)
      expect(kinds).toEqual(['allowed', 'allowed', 'allowed', 'refused'])
    })
  })
}
