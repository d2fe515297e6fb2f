import { UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { hashPassword, isPasswordHash, PasswordChecks, unmatchedPasswordHash } from './password-hash.ts'

/** Cheap, so that many can be checked. */
const cheap = `$scrypt$ln=1,r=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`

describe('password verifiers', () => {
  it('fit the password that they were made from, and no other', async () => {
    const checks = new PasswordChecks()
    const stored = await hashPassword('pässword')
    expect(await checks.isRight('pässword', stored)).toBe(true)
    expect(await checks.isRight('password', stored)).toBe(false)
    expect(await hashPassword('pässword')).not.toBe(stored)
  })

  it('have one of the same cost for accounts that do not exist', async () => {
    const parameters = (text: string) => text.split('$').slice(0, 3)
    expect(parameters(unmatchedPasswordHash)).toEqual(parameters(await hashPassword('x')))
    expect(unmatchedPasswordHash).toHaveLength((await hashPassword('x')).length)
  })

  it.each([
    '',
    'secret',
    cheap.replace('ln=1', 'ln=30'),
    cheap.replace('r=1', 'r=99'),
    cheap.replace('p=1', 'p=99'),
    cheap.replace('ln=1', 'ln=0'),
    cheap.slice(0, -1),
  ])('are not what cannot be checked, or would cost too much: %j', async (text) => {
    expect(isPasswordHash(text)).toBe(false)
    expect(await new PasswordChecks().isRight('secret', text)).toBe(false)
  })

  it('are checked a few at a time, and refused when too many wait', async () => {
    const checks = new PasswordChecks()
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => checks.isRight('x', cheap)))
    const refused = results.filter((result) => result.status === 'rejected')
    expect(refused).toHaveLength(100 - 2 - 64)
    for (const { reason } of refused) expect(reason).toBeInstanceOf(UnavailableError)
    expect(await checks.isRight('x', cheap)).toBe(false)
  })
})
