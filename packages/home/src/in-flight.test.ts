import { describe, expect, it } from 'vitest'
import { InFlight } from './in-flight.ts'

const never = AbortSignal.any([])

describe('counting requests under way', () => {
  it('is idle at once when there are none', async () => {
    const inFlight = new InFlight()
    await inFlight.idle(never)
    expect(inFlight.count).toBe(0)
  })

  it('is idle after the last one, whether it succeeds or fails', async () => {
    const inFlight = new InFlight()
    const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()]
    const answers = Promise.allSettled([first, second].map(({ promise }) => inFlight.run(() => promise)))
    let idle = false
    const waiting = inFlight.idle(never).then(() => {
      idle = true
    })
    first.reject(new Error('refused'))
    await first.promise.catch(() => undefined)
    expect([idle, inFlight.count]).toEqual([false, 1])
    second.resolve('done')
    await waiting
    expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'fulfilled'])
    expect(inFlight.count).toBe(0)
  })

  it('waits until the deadline and no longer', async () => {
    const inFlight = new InFlight()
    const work = Promise.withResolvers<void>()
    const answer = inFlight.run(() => work.promise)
    const deadline = new AbortController()
    const idle = inFlight.idle(deadline.signal)
    deadline.abort()
    await idle
    await inFlight.idle(deadline.signal)
    expect(inFlight.count).toBe(1)
    work.resolve()
    await answer
  })
})
