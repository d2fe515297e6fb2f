import fc from 'fast-check'
import { expect, it } from 'vitest'
import { KnownSecrets } from './known-secrets.ts'

const secret = 'tr0ub4dor&3 "ß"/?'

it('takes a secret out however it is spelled, and counts', () => {
  const secrets = new KnownSecrets()
  secrets.add(`${secret}\n`)
  const bytes = Buffer.from(secret)
  const spelled = [
    secret,
    JSON.stringify({ secret }),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    bytes.toString('hex').toUpperCase(),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ]
  for (const text of spelled) {
    const { text: rest, count } = secrets.remove(`before ${text} after`)
    expect(rest).toMatch(/^before .*\[secret\].* after$/)
    expect(count).toBe(1)
  }
})

it('finds it in base64 wherever it stands in what was encoded', () => {
  const secrets = new KnownSecrets()
  secrets.add(secret)
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.constantFrom('base64' as const, 'base64url' as const),
      (before, after, how) => {
        const text = Buffer.from(`${before}${secret}${after}`).toString(how)
        expect(secrets.remove(text).count).toBe(1)
      },
    ),
  )
})

it('leaves short ones alone, which would be found everywhere', () => {
  const secrets = new KnownSecrets()
  secrets.add('hq')
  expect(secrets.remove('hq-1')).toEqual({ text: 'hq-1', count: 0 })
})
