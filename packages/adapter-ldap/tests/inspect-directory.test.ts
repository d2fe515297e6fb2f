import { systemClock } from '@parley/domain'
import { ldifEntry, type RunningSlapd, startSlapd, userDn } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspectDirectory, LdapSetupError } from '../src/index.ts'
import { optionsFor } from './open-ldap.ts'

describe('inspectDirectory', () => {
  let slapd: RunningSlapd
  beforeAll(async () => {
    slapd = await startSlapd({
      users: [
        { account: 'alice' },
        { account: 'bob' },
        { account: 'carol', unit: 'oslo' },
        { account: 'dave' },
        { account: 'alice', unit: 'oslo' },
        { account: '-eve' },
        { account: 'frank', attributes: { objectClass: ['inetOrgPerson', 'shadowAccount'], shadowExpire: '1' } },
      ],
      ldif: ldifEntry('cn=im-all,ou=groups,dc=example,dc=com', {
        objectClass: 'groupOfNames',
        member: userDn({ account: 'alice' }),
      }),
    })
  })
  afterAll(() => slapd[Symbol.asyncDispose]())

  it('shows what a sync would see, and what is wrong with it', async () => {
    const groups = { base: 'ou=groups,dc=example,dc=com', filter: '(cn=im-*)', path: '/groups/' }
    const seen: number[] = []
    const all = await inspectDirectory(optionsFor(slapd, { filter: '(cn=*)', groups }), systemClock, (read) =>
      seen.push(read),
    )
    expect(all).toMatchObject({
      server: slapd.tlsUrl,
      encrypted: true,
      anonymous: false,
      matches: 7,
      isWhole: true,
      off: 1,
      groups: 1,
      problemCount: 1,
      problems: [{ origin: userDn({ account: '-eve' }), what: expect.stringMatching(/cannot be part of a URL/) }],
      changes: { followed: true, missesDeletions: false },
    })
    expect(seen).toEqual([7])
    expect(all.samples.length).toBe(3)
    expect(all.clashes).toEqual([
      {
        node: 'http://im.example.com/instmsg/aliases/alice',
        origins: expect.arrayContaining([userDn({ account: 'alice' }), userDn({ account: 'alice', unit: 'oslo' })]),
      },
    ])
  })

  it('says of each attribute that is searched by whether it has an index', async () => {
    const filter = '(&(employeeType=im)(mail=*@example.com))'
    const { indexes } = await inspectDirectory(optionsFor(slapd, { filter }), systemClock)
    expect(Object.fromEntries(indexes.map(({ attribute, indexed }) => [attribute, indexed]))).toEqual({
      entryUUID: 'yes',
      entryCSN: 'yes',
      objectClass: 'yes',
      employeeType: 'no',
      mail: 'yes',
    })
  })

  it('says that it reads without signing in, in clear text, and may not know of indexes', async () => {
    await using open = await startSlapd({
      users: [{ account: 'bob' }],
      config: ['access to dn.subtree="ou=people,dc=example,dc=com" by anonymous read'],
    })
    const { bind: _, ...anonymous } = optionsFor(open, { servers: [open.url], startTls: false, changes: 'none' })
    const inspection = await inspectDirectory({ ...anonymous, insecureClearText: true }, systemClock)
    expect(inspection).toMatchObject({
      encrypted: false,
      anonymous: true,
      matches: 1,
      changes: { followed: false, missesDeletions: true },
    })
    expect(new Set(inspection.indexes.map(({ indexed }) => indexed))).toEqual(new Set(['unknown']))
  })

  it('says what is wrong with the options, or with the directory', async () => {
    await expect(inspectDirectory(optionsFor(slapd, { filter: '(cn=' }), systemClock)).rejects.toThrow(LdapSetupError)
    await expect(inspectDirectory(optionsFor(slapd, { base: 'nonsense' }), systemClock)).rejects.toThrow(
      /not a distinguished name: check "base"/,
    )
  })
})
