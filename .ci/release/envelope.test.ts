import { describe, expect, it } from 'vitest'
import { signedBytes, signStatement } from './envelope.ts'

describe('a signature', () => {
  it('is refused when the command fails or prints something else', () => {
    expect(() => signStatement('{}', 'echo no key >&2; exit 3')).toThrow('the signing command failed:\nno key')
    expect(() => signStatement('{}', 'echo "no signature!"')).toThrow('no signature in base64')
  })

  it('covers the kind of the statement, and its length, as DSSE demands', () => {
    expect(signedBytes('{}').toString()).toBe('DSSEv1 28 application/vnd.in-toto+json 2 {}')
  })
})
