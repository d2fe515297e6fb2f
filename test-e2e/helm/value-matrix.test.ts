import { expect, it } from 'vitest'
import { pairwise, valuesOf } from './value-matrix.ts'

const dimensions = {
  redis: { trial: { redis: { trial: true } }, single: {}, sentinel: {}, cluster: {} },
  tls: { none: {}, given: { tls: { on: true } }, certManager: {} },
  sites: { one: {}, two: {} },
  tests: { off: {}, on: {} },
}

it('lets every two choices meet, in far fewer cases than there are', () => {
  const cases = pairwise(dimensions)
  const names = Object.keys(dimensions) as (keyof typeof dimensions)[]
  for (const first of names)
    for (const second of names.filter((name) => name !== first))
      for (const a of Object.keys(dimensions[first]))
        for (const b of Object.keys(dimensions[second]))
          expect(cases.some((each) => each[first] === a && each[second] === b)).toBe(true)
  expect(cases.length).toBeLessThan(20)
  expect(pairwise(dimensions)).toEqual(cases)
})

it('lays the values of the choices over those that all have', () => {
  const values = valuesOf(dimensions, { redis: 'trial', tls: 'given' }, { redis: { size: 1 } })
  expect(values).toEqual({ redis: { size: 1, trial: true }, tls: { on: true } })
})
