import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kerberosToken, type RunningSambaAd, startSambaAd } from '../src/index.ts'

const password = 'Alice-Pw-1'

describe("Samba's Active Directory", () => {
  let ad: RunningSambaAd
  let alice: string
  beforeAll(async () => {
    ad = await startSambaAd()
    alice = await ad.administrator.createUser({ account: 'alice', password })
  })
  afterAll(() => ad[Symbol.asyncDispose]())

  it('runs beside another one, of other people', async () => {
    await using other = await startSambaAd()
    expect(other.host).not.toBe(ad.host)
    expect(await other.administrator.search('(sAMAccountName=alice)')).not.toContain('CN=alice')
    expect(await ad.administrator.search('(sAMAccountName=alice)')).toContain(alice)
  })

  it('checks passwords by NTLM', () => {
    expect(ntlm('alice', password)).toMatch(/\(0x0\)/)
    expect(ntlm('alice', 'wrong')).toMatch(/NT_STATUS_WRONG_PASSWORD/)
  })

  it('locks accounts after as many wrong passwords as it is told', async () => {
    await ad.administrator.setLockout(2)
    const dn = await ad.administrator.createUser({ account: 'careless', password })
    for (const wrong of ['one', 'two']) ntlm('careless', wrong)
    expect(ntlm('careless', password)).toMatch(/NT_STATUS_ACCOUNT_LOCKED_OUT/)
    await ad.administrator.replace(dn, { lockoutTime: '0' })
    expect(ntlm('careless', password)).toMatch(/\(0x0\)/)
    await ad.administrator.setLockout(0)
  })

  it('gives tickets, of which a service is shown proof', async () => {
    const { administrator } = ad
    await administrator.addServicePrincipal('HTTP/im.example.test', 'DC1$')
    const token = await kerberosToken('im.example.test', await administrator.ticketFor('alice', password))
    expect(accepts(token)).toBe(true)
    expect(accepts(`${token.slice(0, -44)}${'A'.repeat(40)}${token.slice(-4)}`)).toBe(false)
    await expect(administrator.ticketFor('alice', 'wrong')).rejects.toThrow(/kinit failed/)
  })

  it('exports the keys of a service', async () => {
    const { administrator } = ad
    await administrator.createUser({ account: 'svc-im', password })
    await administrator.addServicePrincipal('HTTP/other.example.test', 'svc-im')
    const keytab = await administrator.exportKeytab('HTTP/other.example.test')
    expect(execFileSync('klist', ['-k', keytab], { encoding: 'utf8' })).toContain(`HTTP/other.example.test@${ad.realm}`)
  })

  it('keeps what it has over a restart, and nothing of it is left in the end', async () => {
    const short = await startSambaAd()
    await short.administrator.createUser({ account: 'bob', password })
    await short.restart()
    expect(await short.administrator.search('(sAMAccountName=bob)')).toContain('CN=bob')
    await short.kill()
    expect(await isThere(short.host)).toBe(false)
    await short[Symbol.asyncDispose]()
    expect(existsSync(dirname(short.caFile))).toBe(false)
  })

  const ntlm = (account: string, tried: string) => {
    const who = [`--domain=${ad.ntDomain}`, `--username=${account}`, `--password=${tried}`]
    const [program] = ad.ntlmAuth
    return execFileSync('sh', ['-c', '"$@" 2>&1 || true', 'sh', program, ...who], { encoding: 'utf8' })
  }

  const accepts = (token: string) => {
    const [program] = ad.ntlmAuth
    const input = `YR ${token}\n`
    return execFileSync(program, ['--helper-protocol=gss-spnego'], { input, encoding: 'utf8' }).startsWith('AF ')
  }
})

/** Whether anybody takes LDAP connections at an address. */
async function isThere(host: string): Promise<boolean> {
  const socket = connect({ host, port: 389 })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
