import { type RunningSlapd, startSlapd } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finalHeader } from '../curl.ts'
import { DirectoryOffice, schemesOf } from './directory-office.ts'

const open = new AsyncDisposableStack()
let slapd: RunningSlapd
let office: DirectoryOffice

const dnOf = (account: string) => `uid=${account},ou=people,${slapd.base}`

beforeAll(async () => {
  const users = ['alice', 'bob', 'changing', 'victim'].map((account) => ({ account }))
  // Five wrong passwords lock an account.
  slapd = open.use(await startSlapd({ users, overlays: ['syncprov', 'memberof', 'refint', 'ppolicy'] }))
  office = open.use(
    await DirectoryOffice.start(
      async (file) => ({
        directory: {
          preset: 'openldap',
          servers: [slapd.url],
          tls: { ca: await file('ca.pem', slapd.ca) },
          bind: { dn: slapd.service.dn, passwordFile: await file('password', slapd.service.password) },
          base: `ou=people,${slapd.base}`,
        },
      }),
      2,
    ),
  )
})
afterAll(() => open.disposeAsync())

describe('the schemes that are offered', () => {
  it('are Basic, over TLS only', async () => {
    const plain = await office.ask({ words: [] })
    expect([plain.status, ...schemesOf(plain)]).toEqual([401])
    expect(schemesOf(await office.ask({ words: [], tls: true }))).toEqual(['Basic'])
  })
})

describe('Basic over TLS against OpenLDAP, RFC 7617', () => {
  it.each(['alice', 'ALICE', 'alice@example.com', 'anything\\alice'])('signs %s in', async (username) => {
    expect(await office.basic(username, 'secret-alice')).toBe(200)
  })

  it.each(['*', 'alice)(uid=*', `uid=alice,ou=people,dc=example,dc=com`, 'al*'])(
    'finds nobody by %j',
    async (username) => {
      expect(await office.basic(username, 'secret-alice', { from: '127.0.9.1' })).toBe(401)
    },
  )

  it('lets nobody in by another password, an empty one, or as somebody else', async () => {
    expect(await office.basic('alice', 'wrong', { from: '127.0.9.2' })).toBe(401)
    expect(await office.basic('alice', '', { from: '127.0.9.3' })).toBe(401)
    expect(await office.basic('alice', 'secret-alice', { alias: 'bob' })).toBe(403)
  })

  it('takes a changed password at once', async () => {
    await slapd.set(dnOf('changing'), 'userPassword', 'another-secret')
    expect(await office.basic('changing', 'another-secret', { alias: 'changing' })).toBe(200)
    expect(await office.basic('changing', 'secret-changing', { alias: 'changing', router: 1 })).toBe(401)
  })
})

describe('wrong passwords, promise 7', () => {
  it('from many addresses at both edges at once lock no account', async () => {
    const tries = Array.from({ length: 40 }, (_, index) =>
      office.basic('victim', `wrong-${index}`, { router: index % 2, alias: 'victim', from: `127.0.8.${index + 1}` }),
    )
    const statuses = await Promise.all(tries)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
    expect(statuses.filter((status) => status === 401)).toHaveLength(2)
    expect(await slapd.read(dnOf('victim'), 'pwdAccountLockedTime')).toBeUndefined()
  })
})

describe('a directory that is away', () => {
  it('makes clients come back rather than forget their passwords', async () => {
    await slapd.kill()
    const words = ['--basic', '--user', 'bob:secret-bob']
    const answer = await office.ask({ words, tls: true, alias: 'bob' })
    expect([answer.status, finalHeader(answer, 'Retry-After')]).toEqual([503, '15'])
    await slapd.restart()
    expect(await office.basic('bob', 'secret-bob', { alias: 'bob' })).toBe(200)
  })
})
