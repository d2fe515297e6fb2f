import { describe, expect, it } from 'vitest'
import { RequestRefusedError, TransportError } from './client-error.ts'
import { RetriedWork } from './retried-work.ts'
import { ManualTimers } from './testing/manual-timers.ts'

function work(...outcomes: (Error | undefined)[]) {
  const timers = new ManualTimers()
  const refused: Error[] = []
  let done = 0
  const retried = new RetriedWork({
    work: async () => {
      done += 1
      const outcome = outcomes.shift()
      if (outcome) throw outcome
    },
    timers,
    random: { fraction: () => 0, guid: () => '' },
    onRefused: (error) => refused.push(error),
  })
  return { retried, timers, refused, done: () => done }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

const away = new TransportError('unreachable', 'away')

describe('RetriedWork', () => {
  it('tries until it succeeds, with pauses that grow', async () => {
    const { retried, timers, done } = work(away, new RequestRefusedError('SUBSCRIBE', 503, undefined), undefined)
    retried.request()
    await settled()
    expect(timers.waiting).toEqual([250])
    timers.elapse(250)
    await settled()
    expect(timers.waiting).toEqual([500])
    timers.elapse(500)
    await settled()
    expect(done()).toBe(3)
  })

  it('is done once more when it is asked for while it runs', async () => {
    const { retried, timers, done } = work()
    retried.request()
    retried.request()
    retried.request()
    await settled()
    timers.elapse(250)
    await settled()
    timers.elapse(30_000)
    await settled()
    expect(done()).toBe(2)
  })

  it('waits longer and longer when it is asked for after each success, until there is a quiet minute', async () => {
    const { retried, timers, done } = work()
    for (const [index, ms] of [0, 250, 500, 1000].entries()) {
      retried.request()
      await settled()
      expect(done()).toBe(ms === 0 ? 1 : index)
      timers.elapse(ms)
      await settled()
      expect(done()).toBe(index + 1)
    }
    timers.elapse(60_000)
    retried.request()
    await settled()
    expect(done()).toBe(5)
  })

  it('forgets no request, whenever it comes', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const { retried, timers, done } = work()
      retried.request()
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      retried.request()
      await settled()
      timers.elapse(250)
      await settled()
      expect(done()).toBe(2)
    }
  })

  it('ends with a refusal that is final', async () => {
    const { retried, timers, refused, done } = work(new RequestRefusedError('SUBSCRIBE', 403, undefined))
    retried.request()
    await settled()
    expect(refused).toHaveLength(1)
    expect(done()).toBe(1)
    expect(timers.waiting).toEqual([])
  })

  it('stops in the middle of a pause, for good', async () => {
    const { retried, timers, done } = work(away)
    retried.request()
    await settled()
    await retried.stop()
    retried.request()
    await retried.stop()
    expect(timers.waiting).toEqual([])
    expect(done()).toBe(1)
  })
})
