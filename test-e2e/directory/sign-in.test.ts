import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { kerberosToken, type RunningSambaAd, startSambaAd } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../cluster/eventually.ts'
import { finalHeader } from '../curl.ts'
import { temporaryFolder } from '../work-folder.ts'
import { DirectoryOffice, imDomain, schemesOf } from './directory-office.ts'

const passwords = { alice: 'Alice-Secret-1', bob: 'Bob-Secret-1', carol: 'Carol-Secret-1' }
const threshold = 5
const routers = 3

const open = new AsyncDisposableStack()
let ad: RunningSambaAd
let office: DirectoryOffice
let dns: Readonly<Record<string, string>>

beforeAll(async () => {
  ad = open.use(await startSambaAd())
  const { administrator } = ad
  await administrator.setLockout(threshold)
  const accounts = ['alice', 'bob', 'carol', 'disabled', 'mustchange', 'victim', 'changing', 'svc-im']
  const made = await administrator.createUsers(
    ...accounts.map((account) => ({
      account,
      password: passwords[account as keyof typeof passwords] ?? 'Some-Secret-1',
      attributes: account === 'alice' ? { mail: 'alice.berg@example.test' } : {},
    })),
  )
  dns = Object.fromEntries(accounts.map((account, index) => [account, made[index] ?? '']))
  const principal = `HTTP/${imDomain}`
  await administrator.addServicePrincipal(principal, 'svc-im')
  const keytab = await administrator.exportKeytab(principal)
  office = open.use(
    await DirectoryOffice.start(
      async (file) => ({
        directory: {
          preset: 'active-directory',
          servers: [ad.ldapsUrl],
          tls: { ca: ad.caFile },
          bind: { dn: administrator.userPrincipalName, passwordFile: await file('password', administrator.password) },
          base: ad.baseDn,
        },
        credentials: {
          ntlmAuth: {
            command: [
              ...ad.ntlmAuth,
              '--option=kerberos method = dedicated keytab',
              `--option=dedicated keytab file = ${keytab}`,
            ],
          },
        },
      }),
      routers,
    ),
  )
})
afterAll(() => open.disposeAsync())

/** What the directory counts of wrong passwords. */
async function wrongOnesOf(account: string): Promise<{ count: number; isLocked: boolean }> {
  const entry = await ad.administrator.search(`(sAMAccountName=${account})`, 'badPwdCount', 'lockoutTime')
  const number = (name: string) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(entry)?.[1] ?? 0)
  return { count: number('badPwdCount'), isLocked: number('lockoutTime') > 0 }
}

describe('the schemes that are offered', () => {
  it('are those that can be: tickets first, and no Digest, for which nobody has a verifier', async () => {
    expect(schemesOf(await office.ask({ words: [] }))).toEqual(['Negotiate', 'NTLM'])
    expect(schemesOf(await office.ask({ words: [], tls: true }))).toEqual(['Negotiate', 'NTLM', 'Basic'])
  })
})

describe('Basic over TLS against Active Directory, RFC 7617', () => {
  it.each([
    'alice',
    'EXAMPLE\\alice',
    'alice@ad.example.test',
    'alice.berg@example.test',
    `alice@${imDomain}`,
    'anything/ALICE',
  ])('signs %s in', async (username) => {
    expect(await office.basic(username, passwords.alice)).toBe(200)
  })

  it('lets nobody in by another password, an empty one, or as somebody else', async () => {
    expect(await office.basic('alice', 'wrong', { from: '127.0.9.1' })).toBe(401)
    expect(await office.basic('alice', '', { from: '127.0.9.2' })).toBe(401)
    expect(await office.basic('nobody', passwords.alice, { from: '127.0.9.3' })).toBe(401)
    expect(await office.basic('alice', passwords.alice, { alias: 'bob' })).toBe(403)
  })
})

describe('NTLM against Active Directory, MS-NLMP', () => {
  it.each(['EXAMPLE\\bob', 'bob', 'bob@ad.example.test', 'ad.example.test\\bob'])('signs %s in', async (username) => {
    expect(await office.ntlm(username, passwords.bob, { alias: 'bob' })).toBe(200)
  })

  it('signs in by the messages in SPNEGO, as a client sends them that has no ticket', async () => {
    await using folder = await temporaryFolder('gss')
    const users = join(folder.path, 'users')
    await writeFile(users, `EXAMPLE:bob:${passwords.bob}\n`)
    const env = { NTLM_USER_FILE: users, KRB5_CONFIG: ad.krb5Conf, KRB5CCNAME: 'FILE:/nonexistent' }
    const transfer = await office.ask({ words: ['--negotiate', '--user', ':'], alias: 'bob', env })
    expect(transfer.responses.map(({ status }) => status)).toEqual([401, 200])
    const headers = transfer.responses[0]?.headers ?? []
    // A NegTokenResp, as the client began with SPNEGO.
    expect(headers).toContainEqual(['WWW-Authenticate', expect.stringMatching(/^Negotiate oY/)])
  })

  it('lets nobody in by another password, or from another Windows domain', async () => {
    expect(await office.ntlm('EXAMPLE\\bob', 'wrong', { alias: 'bob', from: '127.0.9.4' })).toBe(401)
    expect(await office.ntlm('OTHER\\bob', passwords.bob, { alias: 'bob', from: '127.0.9.5' })).toBe(401)
  })
})

describe('Kerberos against Active Directory, RFC 4559', () => {
  it('signs in by a ticket, and proves the server to the client', async () => {
    const env = { ...(await ad.administrator.ticketFor('carol', passwords.carol)) }
    const transfer = await office.ask({ words: ['--negotiate', '--user', ':'], alias: 'carol', env })
    expect(transfer.status).toBe(200)
    expect(finalHeader(transfer, 'WWW-Authenticate')).toMatch(/^Negotiate [A-Za-z0-9+/]+=*$/)
  })

  it('takes what somebody overheard for nothing', async () => {
    const token = await kerberosToken(imDomain, await ad.administrator.ticketFor('carol', passwords.carol))
    const words = ['--header', `Authorization: Negotiate ${token}`]
    expect((await office.ask({ words, alias: 'carol' })).status).toBe(200)
    expect((await office.ask({ words, alias: 'carol' })).status).toBe(401)
  })

  it('lets nobody in as somebody else, nor without a ticket', async () => {
    const env = { ...(await ad.administrator.ticketFor('carol', passwords.carol)) }
    expect((await office.ask({ words: ['--negotiate', '--user', ':'], alias: 'alice', env })).status).toBe(403)
    const none = { KRB5_CONFIG: ad.krb5Conf, KRB5CCNAME: 'FILE:/nonexistent' }
    expect((await office.ask({ words: ['--negotiate', '--user', ':'], env: none })).status).toBe(401)
  })
})

describe('what happens to an account', () => {
  it('a changed password counts at once; the old one is forgotten where it was not used', async () => {
    const both = (password: string) =>
      Promise.all([
        office.basic('changing', password, { alias: 'changing', router: 1 }),
        office.ntlm('changing', password, { alias: 'changing', router: 2 }),
      ])
    expect(await office.basic('changing', 'Some-Secret-1', { alias: 'changing', router: 0 })).toBe(200)
    await ad.administrator.setPassword(dns.changing ?? '', 'Other-Secret-2')
    expect(await both('Other-Secret-2')).toEqual([200, 200])
    expect(await office.basic('changing', 'Some-Secret-1', { alias: 'changing', router: 1 })).toBe(401)
  })

  it('a disabled one, and one whose password must be changed, sign in by nothing, before the map has heard of it', async () => {
    await ad.administrator.disable(dns.disabled ?? '')
    await ad.administrator.replace(dns.mustchange ?? '', { pwdLastSet: '0' })
    for (const alias of ['disabled', 'mustchange']) {
      expect(await office.basic(alias, 'Some-Secret-1', { alias })).toBe(401)
      expect(await office.ntlm(`EXAMPLE\\${alias}`, 'Some-Secret-1', { alias })).toBe(401)
    }
  })
})

describe('wrong passwords, promise 7', () => {
  it('from many addresses at all edges at once, by both schemes, lock no account', async () => {
    const tries = Array.from({ length: 48 }, async (_, index) => {
      const more = { router: index % routers, alias: 'victim', from: `127.0.8.${index + 1}` }
      return index % 2 === 0
        ? await office.basic(
            ['victim', 'EXAMPLE\\victim', 'victim@ad.example.test'][index % 3] ?? '',
            `wrong-${index}`,
            more,
          )
        : await office.ntlm('EXAMPLE\\victim', `wrong-${index}`, more)
    })
    const statuses = await Promise.all(tries)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))
    const { count, isLocked } = await wrongOnesOf('victim')
    expect(isLocked).toBe(false)
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThan(threshold - 1)
    expect(statuses.filter((status) => status === 401)).toHaveLength(count)
    // Its owner still signs on to the domain.
    await ad.administrator.ticketFor('victim', 'Some-Secret-1')
  })

  it('are nowhere in the log, nor are right ones', () => {
    const text = office.log.lines.join('')
    expect(text).toContain('victim')
    for (const secret of [...Object.values(passwords), 'Some-Secret-1', 'Other-Secret-2']) {
      expect(text).not.toContain(secret)
      expect(text).not.toContain(Buffer.from(`alice:${secret}`).toString('base64'))
    }
  })
})

describe('a directory that is away', () => {
  it('makes clients come back rather than forget their passwords', async () => {
    await ad.kill()
    const words = ['--basic', '--user', `bob:${passwords.bob}`]
    const answer = await office.ask({ words, tls: true, alias: 'bob', router: 2 })
    expect([answer.status, finalHeader(answer, 'Retry-After')]).toEqual([503, '15'])
    expect(await office.ntlm('EXAMPLE\\bob', passwords.bob, { alias: 'bob' })).toBe(503)
    await ad.restart()
    const more = { alias: 'bob', router: 2 }
    await eventually('bob signs in again', 30_000, async () => (await office.basic('bob', passwords.bob, more)) === 200)
    await eventually('so he does by NTLM', 30_000, async () => (await office.ntlm('bob', passwords.bob, more)) === 200)
  })
})
