import { ManualClock } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { defaultLockoutLimits, LockoutGuard } from './lockout-guard.ts'

function open(limits: Partial<typeof defaultLockoutLimits> = {}) {
  const clock = new ManualClock()
  return { clock, guard: new LockoutGuard(clock, { ...defaultLockoutLimits, ...limits }) }
}

function who(account: string, address = '192.0.2.1') {
  return { domain: 'im.example.com', account, address }
}

function fail(guard: LockoutGuard, claimant: ReturnType<typeof who>, times: number) {
  for (let n = 0; n < times; n++) guard.failed(claimant)
}

describe('the lockout guard, docs/adr/0003-lockout.md', () => {
  it('lets a few failures pass, then doubles the wait with each', () => {
    const { clock, guard } = open()
    fail(guard, who('alice'), 4)
    expect(guard.retryAfterSeconds(who('alice'))).toBe(0)
    const waits = []
    for (let n = 0; n < 4; n++) {
      guard.failed(who('alice'))
      const wait = guard.retryAfterSeconds(who('alice'))
      waits.push(wait)
      clock.elapse(wait * 1000)
      expect(guard.retryAfterSeconds(who('alice'))).toBe(0)
    }
    expect(waits).toEqual([2, 4, 8, 16])
  })

  it('never waits longer than its longest wait', () => {
    const { guard } = open()
    fail(guard, who('alice'), 2000)
    expect(guard.retryAfterSeconds(who('alice'))).toBe(900)
  })

  it('does not let a guesser at one address make the user wait at another', () => {
    const { guard } = open()
    fail(guard, who('alice', '198.51.100.1'), 1000)
    expect(guard.retryAfterSeconds(who('alice', '192.0.2.1'))).toBe(0)
  })

  it('lets nobody guess twice at once while many addresses guess at an account, and still lets its user in', () => {
    const { guard } = open()
    for (let host = 1; host <= 30; host++) guard.failed(who('alice', `198.51.100.${host}`))
    const user = who('alice', '192.0.2.1')
    expect(guard.retryAfterSeconds(user)).toBe(0)
    guard.failed(user)
    expect(guard.retryAfterSeconds(user)).toBe(2)
  })

  it('makes an address wait that tries many accounts', () => {
    const { guard } = open()
    for (let n = 0; n < 40; n++) guard.failed(who(`user${n}`))
    expect(guard.retryAfterSeconds(who('somebody-else'))).toBe(2)
    expect(guard.retryAfterSeconds(who('somebody-else', '192.0.2.2'))).toBe(0)
  })

  it('does not let a dozen clients with an old password make their whole office wait', () => {
    const { clock, guard } = open()
    const turnsOfADay = 2_880
    let waits = 0
    for (let turn = 0; turn < 2 * turnsOfADay; turn++) {
      for (let n = 0; n < 12; n++) {
        if (guard.retryAfterSeconds(who(`forgetful${n}`)) === 0) guard.failed(who(`forgetful${n}`))
      }
      clock.elapse(30_000)
      if (turn >= turnsOfADay && guard.retryAfterSeconds(who('eve')) > 0) waits++
    }
    expect(waits).toBe(0)
  })

  it('does not tire of an address that goes on trying very many accounts', () => {
    const { clock, guard } = open()
    let guesses = 0
    for (let quarter = 0; quarter < 4 * 24 * 60; quarter++) {
      for (let n = 0; n < 300; n++) {
        if (guard.retryAfterSeconds(who(`user${n}`)) > 0) continue
        guard.failed(who(`user${n}`))
        guesses++
      }
      clock.elapse(900_000)
    }
    expect(guesses / (24 * 60)).toBeLessThan(120)
  })

  it("goes on making a guesser wait when the address's own tally is forgiven", () => {
    const { clock, guard } = open()
    fail(guard, who('alice'), 5)
    clock.elapse(5 * defaultLockoutLimits.forgiveMs)
    fail(guard, who('alice'), 20)
    guard.failed(who('bob'))
    guard.succeeded(who('bob'))
    expect(guard.retryAfterSeconds(who('alice'))).toBe(900)
  })

  it('does not let a guesser with an account buy the address more guesses than its own failures cost', () => {
    const { guard } = open()
    for (let n = 0; n < 36; n++) guard.failed(who(`user${n}`))
    fail(guard, who('mallory'), 30)
    guard.succeeded(who('mallory'))
    for (let n = 36; n < 40; n++) guard.failed(who(`user${n}`))
    expect(guard.retryAfterSeconds(who('user40'))).toBeGreaterThan(0)
  })

  it('forgets what a user mistyped once the user signs in from there', () => {
    const { guard } = open()
    fail(guard, who('alice'), 4)
    guard.succeeded(who('alice'))
    fail(guard, who('alice'), 4)
    expect(guard.retryAfterSeconds(who('alice'))).toBe(0)
  })

  it('does not let a guesser with an account clear what it failed with others', () => {
    const { guard } = open()
    for (let n = 0; n < 40; n++) {
      guard.failed(who(`user${n}`))
      guard.failed(who('mallory'))
      guard.succeeded(who('mallory'))
    }
    expect(guard.retryAfterSeconds(who('mallory'))).toBeGreaterThan(0)
  })

  it('forgives with time', () => {
    const { clock, guard } = open()
    fail(guard, who('alice'), 4)
    clock.elapse(4 * defaultLockoutLimits.forgiveMs)
    fail(guard, who('alice'), 4)
    expect(guard.retryAfterSeconds(who('alice'))).toBe(0)
  })

  it('counts all addresses of one IPv6 network together', () => {
    const { guard } = open()
    for (let n = 1; n <= 5; n++) guard.failed(who('alice', `2001:db8::${n}`))
    expect(guard.retryAfterSeconds(who('alice', '2001:db8:0:0:ffff::1'))).toBe(2)
    expect(guard.retryAfterSeconds(who('alice', '2001:db8:0:1::1'))).toBe(0)
  })

  it('keeps a bounded number of tallies, and the busiest of them', () => {
    const { guard } = open({ maxTallies: 10, addressFailures: 1_000_000 })
    for (let n = 0; n < 1000; n++) {
      guard.failed(who(`user${n}`))
      guard.failed(who('alice'))
    }
    expect(guard.retryAfterSeconds(who('alice'))).toBeGreaterThan(0)
    expect(guard.retryAfterSeconds(who('user1'))).toBe(0)
  })

  it('keeps waits bounded when the clock is set back', () => {
    const { clock, guard } = open()
    fail(guard, who('alice'), 5)
    clock.elapse(-86_400_000)
    expect(guard.retryAfterSeconds(who('alice'))).toBe(900)
  })
})
