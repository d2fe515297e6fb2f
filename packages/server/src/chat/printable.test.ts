import { describe, expect, it } from 'vitest'
import { printable, printableLine } from './printable.ts'

describe('printable', () => {
  it('leaves ordinary text of any script as it is', () => {
    for (const text of ['hello', 'naïve 日本語 👩‍💻', 'two\nlines', 'a & <b>']) expect(printable(text)).toBe(text)
  })

  it('removes what a terminal would obey', () => {
    expect(printable('a\x1b[2Jb\x1b[31mc\x1b[0m')).toBe('abc')
    expect(printable('a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c')).toBe('abc')
    expect(printable('a\x1bPq#0\x1b\\b\x1bcc')).toBe('abc')
    expect(printable('a\x9b2Jb\x08\x08\x7fc\x00')).toBe('a2Jbc')
    expect(printable('a\x1b[')).toBe('a')
    expect(printable('a\x1b]0;never closed')).toBe('a')
  })

  it('leaves no control character whatever the input', () => {
    const every = Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code)).join('')
    for (const text of [every, `\x1b${every}`, [...every].join('\x1b')]) {
      expect(printable(text)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/)
    }
  })

  it('removes what would turn or hide text, and makes every line end a line feed', () => {
    expect(printable('user\u202egnp.exe\u200b')).toBe('usergnp.exe')
    expect(printable('a\rb\r\nc\u2028d')).toBe('a\nb\nc\nd')
  })

  it('bounds the length', () => {
    expect(printable('x'.repeat(10_000))).toBe(`${'x'.repeat(4000)}…`)
  })

  it('folds lines where only one may be', () => {
    expect(printableLine(' Bob\n12:00 <alice> yes\t! ')).toBe('Bob 12:00 <alice> yes !')
  })
})
