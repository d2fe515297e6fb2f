import { describe, expect, it } from 'vitest'
import { type Advisory, openAdvisories, parseAudit } from './advisories.ts'
import { auditExceptions } from './audit-exceptions.ts'

const advisory: Advisory = {
  id: 'GHSA-aaaa-bbbb-cccc',
  package: 'zod',
  versions: ['4.6.7'],
  severity: 'low',
  title: 'slow',
  onlyDevelopment: false,
}
const exception = { id: advisory.id, package: 'zod', reason: 'nobody gets there', until: '2026-11-30' }

describe('advisories to deal with', () => {
  it('are all of what is in the image', () => {
    expect(openAdvisories([advisory], [], '2026-11-23')).toEqual([advisory])
  })

  it('are only grave ones of what development uses', () => {
    const minor: Advisory = { ...advisory, onlyDevelopment: true, severity: 'moderate' }
    const grave: Advisory = { ...minor, severity: 'high' }
    expect(openAdvisories([minor, grave], [], '2026-11-23')).toEqual([grave])
  })

  it('are not those that are excepted, up to the last day', () => {
    expect(openAdvisories([advisory], [exception], '2026-11-30')).toEqual([])
    expect(openAdvisories([advisory], [exception], '2026-12-01')).toEqual([advisory])
  })

  it('are those of another package than the exception names', () => {
    expect(openAdvisories([advisory], [{ ...exception, package: 'yaml' }], '2026-11-23')).toEqual([advisory])
  })
})

describe('the report of an audit', () => {
  const entry = {
    github_advisory_id: advisory.id,
    module_name: 'zod',
    severity: 'low',
    title: 'slow',
    url: 'https://example.com/weaknesses/1',
    findings: [{ version: '4.6.7', dev: false }],
  }
  const report = (...entries: readonly object[]) => JSON.stringify({ advisories: { ...entries } })

  it('tells of each weakness', () => {
    expect(parseAudit(report(entry))).toEqual([advisory])
    expect(parseAudit(report())).toEqual([])
  })

  it('names a weakness that has no number by its address', () => {
    for (const github_advisory_id of [null, undefined, ''])
      expect(parseAudit(report({ ...entry, github_advisory_id }))).toEqual([{ ...advisory, id: entry.url }])
  })

  it('tells of one in development only where it was found there, and nowhere else', () => {
    const found = (...findings: readonly object[]) => parseAudit(report({ ...entry, findings }))?.[0]?.onlyDevelopment
    expect(found({ version: '1.0.0', dev: true })).toBe(true)
    expect(found({ version: '1.0.0', dev: true }, { version: '1.0.1', dev: false })).toBe(false)
    expect(found()).toBe(false)
  })

  it.each([
    ['an entry of no package', report(entry, { ...entry, module_name: undefined })],
    ['a severity that nobody knows', report({ ...entry, severity: 'apocalyptic' })],
    ['entries that are no record', '{"advisories":null}'],
    ['neither entries nor an error', '{}'],
    ['an end too soon', report(entry).slice(0, -5)],
  ])('cannot be read with %s, and is not taken for none', (_what, output) => {
    expect(() => parseAudit(output)).toThrow()
  })

  it('is no report when a registry refuses', () => {
    expect(parseAudit('Error: ERR_PNPM_AUDIT_BAD_RESPONSE')).toBeUndefined()
    expect(parseAudit('{"error":{"code":"ERR"}}')).toBeUndefined()
    expect(parseAudit('')).toBeUndefined()
  })
})

describe('exceptions', () => {
  it('each have a reason and a day', () => {
    for (const { reason, until } of auditExceptions) {
      expect(reason).not.toBe('')
      expect(until).toMatch(/^\d{4}-\d\d-\d\d$/)
    }
  })
})
