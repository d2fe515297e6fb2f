import { type HomeName, parseHomeName } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { type AssignmentRules, HomeAssignment, NoHomeError } from './home-assignment.ts'

const [hq1, hq2, oslo] = [parseHomeName('hq-1'), parseHomeName('hq-2'), parseHomeName('oslo-1')]

const rules: AssignmentRules = {
  rules: [
    { site: 'oslo', unit: 'OU=Oslo, DC=Example,DC=com' },
    { site: 'oslo', attribute: 'office', value: 'OSL' },
    { site: 'oslo', attribute: 'site', value: 'norway' },
  ],
  sites: { hq: { homes: [hq1, hq2], capacity: 100 }, oslo: { homes: [oslo], capacity: 10 } },
}

function assignment(loads: readonly (readonly [HomeName, number])[] = [], homes = [hq1, hq2, oslo]): HomeAssignment {
  const counts = new Map(loads)
  return new HomeAssignment(rules, homes, { of: (home) => counts.get(home) ?? 0 })
}

describe('the home of a new user', () => {
  it('is that which the directory names', () => {
    expect(assignment([[oslo, 50]]).choose({ home: oslo, attributes: {} })).toEqual({ home: oslo, problems: [] })
  })

  it.each([
    ['below a container', { unit: 'ou=sales,ou=oslo,dc=example,dc=com', attributes: {} }],
    ['in a container', { unit: 'ou=oslo,dc=example,dc=com', attributes: {} }],
    ['by an attribute', { attributes: { office: 'osl' } }],
    ['by the name of the site of the directory', { site: 'Norway', attributes: {} }],
    ['by the site itself', { site: 'oslo', attributes: {} }],
  ])('is at the site that a rule names %s', (_, user) => {
    expect(assignment([[hq1, 0]]).choose(user).home).toBe(oslo)
  })

  it.each([
    ['a container that only ends alike', { unit: 'ou=notou=oslo,dc=example,dc=com', attributes: {} }],
    ['another value', { attributes: { office: 'osl2' } }],
    ['what every object has', { site: 'constructor', attributes: {} }],
  ])('is any home by %s', (_, user) => {
    expect(assignment([[oslo, 1]]).choose(user).home).toBe(hq1)
  })

  it('is the one of the site with the most room', () => {
    const loads = [
      [hq1, 60],
      [hq2, 59],
      [oslo, 0],
    ] as const
    expect(assignment(loads).choose({ site: 'hq', attributes: {} }).home).toBe(hq2)
  })

  it('is the one with the fewest users where no rule fits', () => {
    const loads = [
      [hq1, 60],
      [hq2, 59],
      [oslo, 61],
    ] as const
    expect(assignment(loads).choose({ attributes: {} }).home).toBe(hq2)
  })

  it('is at the site though that is full, or elsewhere when nobody ever held one of it; both are said', () => {
    const full = assignment([[oslo, 10]]).choose({ site: 'oslo', attributes: {} })
    expect(full).toEqual({ home: oslo, problems: [expect.stringContaining('full')] })
    const none = assignment([], [hq1]).choose({ site: 'oslo', attributes: {} })
    expect(none).toEqual({ home: hq1, problems: [expect.stringContaining('oslo-1')] })
  })

  it('cannot be given where there is none', () => {
    expect(() => assignment([], []).choose({ attributes: {} })).toThrow(NoHomeError)
  })
})
