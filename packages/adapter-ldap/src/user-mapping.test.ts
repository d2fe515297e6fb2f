import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DirectoryOptions } from './directory-options.ts'
import type { LdapEntry } from './ldap-entry.ts'
import { UserMapping } from './user-mapping.ts'

const id = '01234567-89ab-cdef-0123-456789abcdef'
const dn = 'uid=alice,ou=Oslo,dc=example,dc=com'
const now = Date.UTC(2026, 0, 15)

type Values = Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>

function entryOf(values: Values, name = dn): LdapEntry {
  const attributes = Object.entries(values).map(
    ([key, value]) => [key.toLowerCase(), [value].flat().map((each) => Buffer.from(each as string))] as const,
  )
  return { dn: name, attributes: new Map(attributes) }
}

const options: DirectoryOptions = {
  servers: ['ldaps://directory.example.com'],
  preset: 'openldap',
  base: 'dc=example,dc=com',
  domains: ['im.example.com', 'im.example.net'],
}
const openldap = { entryUUID: id, uid: 'Alice', displayName: 'Alice Müller', mail: 'Alice@example.com' }

function map(values: Values, given: Partial<DirectoryOptions> = {}, ntDomain?: string) {
  return new UserMapping({ ...options, ...given }, ntDomain).map(entryOf(values), now)
}

function problemsOf(values: Values, given: Partial<DirectoryOptions> = {}): string[] {
  return map(values, given).problems.map(({ what }) => what)
}

describe('UserMapping: OpenLDAP', () => {
  it('makes a user of an inetOrgPerson', () => {
    expect(map({ ...openldap, departmentNumber: 'R&D' }, { search: { department: 'departmentNumber' } })).toEqual({
      id,
      off: false,
      problems: [],
      user: {
        kind: 'user',
        id,
        node: 'http://im.example.com/instmsg/aliases/alice',
        displayName: 'Alice Müller',
        mail: 'Alice@example.com',
        names: ['alice@example.com', 'alice'],
        unit: 'ou=oslo,dc=example,dc=com',
        attributes: { department: 'R&D' },
        origin: dn,
      },
    })
  })

  it('shows the cn, else the alias, of who has no display name', () => {
    const { displayName: _, ...rest } = openldap
    expect(map({ ...rest, cn: 'A. Müller' }).user?.displayName).toBe('A. Müller')
    expect(map(rest).user?.displayName).toBe('alice')
  })

  it('switches off who is locked for good, and who has expired', () => {
    expect(map({ ...openldap, pwdAccountLockedTime: '000001010000Z' }).off).toBe(true)
    expect(map({ ...openldap, pwdAccountLockedTime: '20260114120000Z' }).off).toBe(false)
    expect(map({ ...openldap, shadowExpire: String(now / 86_400_000) }).off).toBe(true)
    expect(map({ ...openldap, shadowExpire: String(now / 86_400_000 + 1) }).off).toBe(false)
    expect(map({ ...openldap, shadowExpire: '-1' }).off).toBe(false)
    expect(map({ ...openldap, shadowExpire: '0' }).off).toBe(true)
    expect(map({ ...openldap, pwdEndTime: '20260115000000Z' }).off).toBe(true)
    expect(map({ ...openldap, loginShell: '/bin/false' }).off).toBe(false)
  })
})

describe('UserMapping: Active Directory', () => {
  const given: Partial<DirectoryOptions> = { preset: 'active-directory' }
  const guid = Buffer.from('67452301ab89efcd0123456789abcdef', 'hex')
  const user = { objectGUID: guid, sAMAccountName: 'alice', userAccountControl: '512', accountExpires: '0' }

  it('reads the GUID as Windows writes it, and every name', () => {
    const mapped = map(
      {
        ...user,
        userPrincipalName: 'alice@corp.example.com',
        mail: 'alice.m@example.com',
        proxyAddresses: [
          'SMTP:alice.m@example.com',
          'smtp:am@example.com',
          'X400:c=no;a= ;p=x',
          'sip:alice@example.com',
        ],
      },
      given,
      'CORP',
    )
    expect(mapped.user?.id).toBe(id)
    expect(mapped.user?.names).toEqual([
      'alice@corp.example.com',
      'alice.m@example.com',
      'am@example.com',
      'alice',
      'corp\\alice',
    ])
  })

  it('switches off who is disabled or has expired (MS-ADTS §2.2.16)', () => {
    const fileTime = (ms: number) => String(BigInt(ms + 11_644_473_600_000) * 10_000n)
    expect(map({ ...user, userAccountControl: '514' }, given).off).toBe(true)
    expect(map({ ...user, accountExpires: fileTime(now) }, given).off).toBe(true)
    expect(map({ ...user, accountExpires: fileTime(now + 1) }, given).off).toBe(false)
    expect(map({ ...user, accountExpires: '9223372036854775807' }, given).off).toBe(false)
    expect(map({ ...user, lockoutTime: fileTime(now) }, given).off).toBe(false)
  })

  it('takes both parts of the node from the IM address of Exchange (exchange-im-facts §1.1)', () => {
    const exchange: Partial<DirectoryOptions> = { preset: 'exchange-2000' }
    const { user: mapped } = map({ ...user, msExchIMAddress: 'Alice.M@im.example.net' }, exchange)
    expect(mapped?.node).toBe('http://im.example.net/instmsg/aliases/alice.m')
    expect(mapped?.names).toContain('alice.m@im.example.net')
    expect(problemsOf({ ...user, msExchIMAddress: ['a@im.example.com', 'b@im.example.com'] }, exchange)).toEqual([
      'msExchIMAddress has 2 values where the alias must be one: remove all but one',
    ])
    expect(problemsOf({ ...user, msExchIMAddress: 'a@im.example.org' }, exchange)[0]).toMatch(/add it to "domains"/)
    const url = 'http://im.example.com/instmsg/aliases/alice.m'
    expect(map({ ...user, msExchIMMetaPhysicalURL: url }, exchange).user?.node).toBe(url)
    expect(problemsOf({ ...user, msExchIMMetaPhysicalURL: 'http://x/y' }, exchange)[0]).toMatch(/is no user’s URL/)
    expect(problemsOf({ ...user, msExchIMAddress: 'alice' }, exchange)[0]).toMatch(/is no IM address/)
  })

  it('takes the home from a name, or from a physical URL', () => {
    const home = (value: string) => map({ ...user, home: value }, { ...given, attributes: { home: 'home' } }).user?.home
    expect(home('HQ-1')).toBe('hq-1')
    expect(home('http://oslo-1.example.com/instmsg/local/im.example.com/instmsg/aliases/alice')).toBe('oslo-1')
    expect(home('CN=1,CN=RVP,CN=Protocols')).toBeUndefined()
  })
})

describe('UserMapping: FreeIPA', () => {
  const given: Partial<DirectoryOptions> = { preset: 'freeipa' }
  const user = { ipaUniqueID: id, uid: 'alice', krbPrincipalName: 'alice@EXAMPLE.COM' }

  it('signs in by the principal, and switches off who is locked or has expired', () => {
    expect(map(user, given).user?.names).toEqual(['alice@example.com', 'alice'])
    expect(map({ ...user, nsAccountLock: 'TRUE' }, given).off).toBe(true)
    expect(map({ ...user, krbPrincipalExpiration: '20260114235959Z' }, given).off).toBe(true)
    expect(map({ ...user, krbPrincipalExpiration: '20260116000000Z' }, given).off).toBe(false)
    expect(map({ ...user, krbPasswordExpiration: '20250101000000Z' }, given).off).toBe(false)
  })
})

describe('UserMapping: bad entries', () => {
  it('says what is wrong with an entry that cannot be used, and names it', () => {
    const { uid: _, ...nobody } = openldap
    expect(map(nobody)).toEqual({
      id,
      off: false,
      problems: [{ id, origin: dn, what: expect.stringMatching(/^there is no alias: the entry has no uid;/) }],
    })
    expect(problemsOf({ ...openldap, uid: ['alice', 'ally'] })[0]).toMatch(/uid has 2 values/)
    for (const alias of ['../admin', 'a b', 'å', '-a', 'a/b', 'a%2e', 'x'.repeat(65), '.'])
      expect(problemsOf({ ...openldap, uid: alias })[0], alias).toMatch(/cannot be part of a URL/)
    expect(problemsOf({ ...openldap, entryUUID: 'nonsense' })[0]).toMatch(/entryUUID cannot be read/)
  })

  it('leaves out what is wrong of an entry that can be used, and says so', () => {
    const invalid = Buffer.from([0x41, 0xff, 0xfe])
    const given = { search: { department: 'departmentNumber', title: 'title' } }
    const { user, problems } = map(
      {
        ...openldap,
        mail: 'no address',
        departmentNumber: Buffer.alloc(65_536, 'x'),
        title: invalid,
        displayName: 'a\0b',
      },
      given,
    )
    expect(user).toMatchObject({ displayName: 'alice', attributes: {} })
    expect(user?.mail).toBeUndefined()
    expect(problems.map(({ what }) => what)).toEqual([
      'mail is "no address", which is no mail address, and is not used: correct it',
      expect.stringMatching(/^displayName is not text/),
      'departmentNumber is 65536 bytes long and is not used: shorten it to 4096 at most',
      expect.stringMatching(/^title is not text/),
    ])
  })

  it('cuts what is long, not in the middle of a character', () => {
    const { user, problems } = map({ ...openldap, displayName: `${'a'.repeat(255)}😀b` })
    expect(user?.displayName).toBe('a'.repeat(255))
    expect(problems).toEqual([])
  })

  it('makes something sound of any entry, and never throws', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('alice', 'a@im.example.com', id, '0', '99999999999999999999', '20260101000000Z').map(Buffer.from),
    )
    const name = fc.constantFrom(
      'entryUUID',
      'uid',
      'mail',
      'displayName',
      'cn',
      'shadowExpire',
      'pwdEndTime',
      'im',
      'title',
    )
    const entry = fc.dictionary(name, fc.array(value, { maxLength: 3 }), { maxKeys: 9 })
    const given: Partial<DirectoryOptions> = {
      attributes: { imAddress: 'im', home: 'title' },
      search: { title: 'title' },
    }
    fc.assert(
      fc.property(entry, fc.string(), (values, name) => {
        const { user, off, problems } = new UserMapping({ ...options, ...given }).map(entryOf(values, name), now)
        expect(user !== undefined || off || problems.length > 0).toBe(true)
        if (user === undefined) return
        expect(user.node).toMatch(/^http:\/\/im\.example\.(?:com|net)\/instmsg\/aliases\/[a-z0-9][a-z0-9._~!$'+-]*$/)
        expect(user.displayName).toMatch(/^\P{Cc}{1,256}$/u)
        for (const each of user.names) expect(each).toMatch(/^[^\s\p{Cc}]{1,512}$/u)
      }),
    )
  })
})
