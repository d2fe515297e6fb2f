import { describe, expect, it } from 'vitest'
import { isAllowed, licenseFindings, pageText } from './licenses.ts'

const own = { name: 'a', version: '1.0.0', folder: 'a', needs: [] }

describe('licences of packages', () => {
  it('are allowed by name, or as one side of a choice', () => {
    for (const license of ['MIT', '(MIT OR GPL-3.0-only)', 'AGPL-3.0-only OR ISC', 'MIT AND ISC'])
      expect([license, isAllowed(license)]).toEqual([license, true])
  })

  it('are refused when they ask for more, or cannot be read', () => {
    for (const license of ['GPL-3.0-only', 'MIT AND AGPL-3.0-only', 'SEE LICENSE IN LICENSE', 'UNLICENSED', ''])
      expect([license, isAllowed(license)]).toEqual([license, false])
  })

  it('must be stated', () => {
    expect(licenseFindings([own])).toEqual([{ path: 'a 1.0.0', message: 'states no licence' }])
    expect(licenseFindings([{ ...own, license: 'MIT' }])).toEqual([])
  })

  it('make the same page on every kind of processor', () => {
    const page = (arch: string) => pageText([{ ...own, name: `@lmdb/lmdb-linux-${arch}`, license: 'MIT' }])
    expect(page('arm64')).toBe(page('x64'))
    expect(page('x64')).toContain('| `@lmdb/lmdb-linux-*` | 1.0.0 | MIT |')
  })
})
