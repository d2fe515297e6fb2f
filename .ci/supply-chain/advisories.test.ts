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
  it('is no report when a registry refuses', () => {
    expect(parseAudit('Error: ERR_PNPM_AUDIT_BAD_RESPONSE')).toBeUndefined()
    expect(parseAudit('{"error":{"code":"ERR"}}')).toBeUndefined()
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
