import type { DirectoryInspection } from '@parley/adapter-ldap'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { directorySection } from '../directory-config.ts'
import { inspectionFindings } from './check-directory.ts'
import type { Finding } from './finding.ts'

const lines = (findings: readonly Finding[]) =>
  findings.map(({ level, what, todo }) => [level, what, todo].filter(Boolean).join(' | '))

const well: DirectoryInspection = {
  server: 'ldaps://dc1.example.com',
  encrypted: true,
  anonymous: false,
  matches: 3,
  isWhole: true,
  off: 1,
  samples: [],
  problems: [],
  problemCount: 0,
  clashes: [],
  indexes: [{ attribute: 'objectGUID', indexed: 'yes' }],
  changes: { followed: true, missesDeletions: false },
}

describe('inspectionFindings', () => {
  const find = (more: Partial<DirectoryInspection>, preset: 'active-directory' | 'openldap' = 'active-directory') => {
    const directory = directorySection.parse({
      servers: ['ldaps://dc1.example.com'],
      preset,
      base: 'DC=example,DC=com',
    })
    return lines(inspectionFindings({ ...well, ...more }, directory))
  }

  it('is content with a directory that is well', () => {
    expect(find({})).toEqual([
      'ok | ldaps://dc1.example.com answers, encrypted, and lets our account in',
      'ok | 3 entries fit the filter, of which 1 are disabled or have expired',
      'ok | ldaps://dc1.example.com tells of all changes, deletions among them',
    ])
  })

  it('warns of reading as nobody in particular, and in clear text', () => {
    const [clear, anonymous] = find({ encrypted: false, anonymous: true })
    expect(clear).toMatch(/^warn \| .* in clear text/)
    expect(anonymous).toMatch(/^warn \| .*anonymous.* \| .*directory.bind.dn/)
  })

  it('says how a user would be, and how many groups there are', () => {
    const alice = {
      kind: 'user' as const,
      id: 'a',
      node: userUrl('im.example.com', 'alice'),
      displayName: 'Alice Archer',
      names: ['alice@example.com', 'example\\alice'],
      unit: 'ou=oslo',
      attributes: { department: 'Sales' },
      origin: 'CN=Alice',
    }
    expect(find({ samples: [alice], groups: 0 }).slice(1, 4)).toEqual([
      'ok | 3 entries fit the filter, of which 1 are disabled or have expired; 0 groups become group nodes',
      'ok | for instance Alice Archer, alice@im.example.com: may sign in as alice@example.com, example\\alice; department Sales; in ou=oslo',
      expect.stringMatching(/^warn \| no group fits directory.groups.filter/),
    ])
  })

  it('wants indexes where a kind of directory needs them, and knows where it cannot see', () => {
    const indexes = (['memberOf', 'employeeType'] as const).map((attribute) => ({ attribute, indexed: 'no' as const }))
    expect(find({ indexes })[2]).toMatch(/^warn \| .* searched by employeeType, .* \| set bit 1 of searchFlags/)
    expect(find({ indexes }, 'openldap')[2]).toMatch(/^warn \| .* searched by memberOf, employeeType, /)
    expect(find({ indexes: [{ attribute: 'mail', indexed: 'unknown' }] })[2]).toMatch(
      /^ok \| whether mail have an index/,
    )
  })

  it('says what it takes to hear of deletions, and names some of many problems', () => {
    expect(find({ changes: { followed: true, missesDeletions: true } })[2]).toMatch(
      /once in 24 h.*container of deleted/,
    )
    expect(find({ changes: { followed: false, missesDeletions: true } })[2]).toMatch(/leave directory.changes at auto$/)
    const problems = Array.from({ length: 30 }, (_, at) => ({ origin: `CN=${at}`, what: 'no alias: fill it in' }))
    const found = find({ problems, problemCount: 400 })
    expect(found[2]).toBe('warn | CN=0: no alias | fill it in')
    expect(found[22]).toBe('warn | 380 more entries have problems | parley sync --dry-run names them')
  })
})
