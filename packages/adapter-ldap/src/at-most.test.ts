import { describe, expect, it } from 'vitest'
import { AtMost } from './at-most.ts'

describe('AtMost', () => {
  it('runs so many at one time, and the others in their order when one is done, well or not', async () => {
    const atMost = new AtMost(2)
    const started: number[] = []
    const works = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
    const runs = works.map(({ promise }, number) =>
      atMost.run(async () => {
        started.push(number)
        await promise
      }),
    )
    expect(started).toEqual([0, 1])
    works[1]?.reject(new Error('no'))
    await expect(runs[1]).rejects.toThrow('no')
    expect(started).toEqual([0, 1, 2])
    for (const { resolve } of works) resolve()
    await Promise.all(runs.toSpliced(1, 1))
    expect(started).toEqual([0, 1, 2, 3, 4])
  })
})
