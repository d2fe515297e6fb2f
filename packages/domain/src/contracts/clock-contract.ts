import { describe, expect, it } from 'vitest'
import type { Clock } from '../clock.ts'

/** A clock, and how to let time pass on it. */
export interface OpenClock {
  readonly clock: Clock
  elapse(ms: number): Promise<void>
}

/** What every clock promises. */
export function clockContract(open: () => Promise<OpenClock>): void {
  describe('Clock contract', () => {
    it('tells milliseconds since 1970, and goes on', async () => {
      const { clock, elapse } = await open()
      const before = clock.now()
      expect(before).toBeGreaterThan(Date.UTC(2020, 0))
      await elapse(5)
      expect(clock.now() - before).toBeGreaterThanOrEqual(4)
    })

    it('measures what passes, also when it was not asked before', async () => {
      const { clock, elapse } = await open()
      const before = clock.elapsed()
      await elapse(5)
      const between = clock.elapsed()
      expect(between - before).toBeGreaterThanOrEqual(4)
      await elapse(5)
      expect(clock.elapsed() - between).toBeGreaterThanOrEqual(4)
    })

    it('runs work once, after its delay, the earlier first', async () => {
      const { clock, elapse } = await open()
      const log: string[] = []
      clock.after(20, () => log.push('later'))
      clock.after(1, () => log.push('sooner'))
      expect(log).toEqual([])
      await elapse(40)
      await elapse(40)
      expect(log).toEqual(['sooner', 'later'])
    })

    it('does not run what was taken back, before or after', async () => {
      const { clock, elapse } = await open()
      const log: string[] = []
      const cancel = clock.after(1, () => log.push('never'))
      const cancelLate = clock.after(1, () => log.push('once'))
      cancel()
      cancel()
      await elapse(20)
      cancelLate()
      expect(log).toEqual(['once'])
    })

    it('keeps a delay that is longer than any timer', async () => {
      const { clock, elapse } = await open()
      const log: string[] = []
      const cancel = clock.after(Number.MAX_SAFE_INTEGER, () => log.push('too early'))
      await elapse(5)
      cancel()
      expect(log).toEqual([])
    })
  })
}
