import { describe, expect, it } from 'vitest'
import { EventOverflowError, EventQueue } from './event-queue.ts'

describe('EventQueue', () => {
  it('hands events out in order, whether they or the consumer come first', async () => {
    const queue = new EventQueue<string>(10, () => undefined)
    const first = queue.next()
    queue.push('a')
    queue.push('b')
    expect(await first).toEqual({ done: false, value: 'a' })
    expect(await queue.next()).toEqual({ done: false, value: 'b' })
  })

  it('hands out what waits before it ends', async () => {
    const queue = new EventQueue<string>(10, () => undefined)
    queue.push('a')
    queue.end()
    expect(await Array.fromAsync(queue)).toEqual(['a'])
  })

  it('fails for a consumer that lets too much wait, and lets go of its source', async () => {
    let returned = 0
    const queue = new EventQueue<number>(2, () => returned++)
    for (const event of [1, 2, 3, 4]) queue.push(event)
    await expect(queue.next()).rejects.toBeInstanceOf(EventOverflowError)
    expect(returned).toBe(1)
  })

  it('lets go of its source when the consumer leaves', async () => {
    let returned = 0
    const queue = new EventQueue<number>(2, () => returned++)
    queue.push(1)
    for await (const _ of queue) break
    expect(returned).toBe(1)
    expect(await queue.next()).toEqual({ done: true, value: undefined })
  })
})
