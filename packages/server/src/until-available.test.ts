import { ManualClock } from '@parley/domain'
import { NotFoundError, type RvpError, UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { untilAvailable } from './until-available.ts'

const away = new UnavailableError('the home server is being handed over')

/** Work that ends as `ends` say, one after the other; time flies while somebody waits for it. */
function trying(ends: readonly (RvpError | 'done')[]) {
  const time = new ManualClock()
  const clock = {
    elapsed: () => time.elapsed(),
    after: (delayMs: number, work: () => void) => {
      queueMicrotask(() => time.elapse(delayMs))
      return time.after(delayMs, work)
    },
  }
  const told: RvpError[] = []
  let attempts = 0
  const work = async (): Promise<string> => {
    const end = ends[Math.min(attempts, ends.length - 1)]
    attempts += 1
    if (end !== 'done') throw end
    return end
  }
  const result = untilAvailable(work, {
    ...{ clock, limitMs: 3_000, pauseMs: 1_000 },
    waiting: (err) => told.push(err),
  })
  return { result, told, attempts: () => attempts }
}

describe('Work on what may not be available', () => {
  it('is done once when it succeeds', async () => {
    const { result, told, attempts } = trying(['done'])
    await expect(result).resolves.toBe('done')
    expect([attempts(), told]).toEqual([1, []])
  })

  it('is done again until it succeeds, and the person who waits is told why, once', async () => {
    const { result, told, attempts } = trying([away, away, 'done'])
    await expect(result).resolves.toBe('done')
    expect([attempts(), told]).toEqual([3, [away]])
  })

  it('fails with the last failure when time is up', async () => {
    const { result, attempts } = trying([away])
    await expect(result).rejects.toBe(away)
    expect(attempts()).toBe(4)
  })

  it('fails at once for any other reason', async () => {
    const { result, told, attempts } = trying([new NotFoundError('no such node')])
    await expect(result).rejects.toThrow('no such node')
    expect([attempts(), told]).toEqual([1, []])
  })
})
