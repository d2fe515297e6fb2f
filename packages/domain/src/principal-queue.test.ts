import { describe, expect, it } from 'vitest'
import { PrincipalQueue } from './principal-queue.ts'

describe('the queue of one principal', () => {
  it('runs one thing after the other, in the order of arrival', async () => {
    const queue = new PrincipalQueue()
    const log: string[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    const first = queue.run(async () => {
      log.push('first begins')
      await promise
      log.push('first ends')
    })
    const second = queue.run(async () => void log.push('second'))
    expect(log).toEqual(['first begins'])
    resolve()
    await Promise.all([first, second])
    expect(log).toEqual(['first begins', 'first ends', 'second'])
  })

  it('goes on after a failure, which only its own caller hears of', async () => {
    const queue = new PrincipalQueue()
    const failed = queue.run(async () => {
      throw new Error('no')
    })
    const next = queue.run(async () => 'yes')
    await expect(failed).rejects.toThrow('no')
    expect(await next).toBe('yes')
  })

  it('begins at once when it is idle, also after it was busy', async () => {
    const queue = new PrincipalQueue()
    await queue.run(async () => {})
    await new Promise((resolve) => setImmediate(resolve))
    let begun = false
    const run = queue.run(async () => {
      begun = true
    })
    expect(begun).toBe(true)
    await run
  })
})
