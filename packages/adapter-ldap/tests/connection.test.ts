import { systemClock } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { createTestCertificate, type RunningSlapd, startSlapd, testPort } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LdapSetupError, LdapSource, type LdapSourceOptions } from '../src/index.ts'
import { aliases, collect, optionsFor } from './open-ldap.ts'

async function readWith(slapd: RunningSlapd, options: Partial<LdapSourceOptions>): Promise<string[]> {
  await using source = new LdapSource(optionsFor(slapd, options), systemClock)
  return aliases(await collect(source.read()))
}

describe('reaching a directory', () => {
  let slapd: RunningSlapd
  beforeAll(async () => {
    slapd = await startSlapd({ users: [{ account: 'alice' }] })
  })
  afterAll(() => slapd[Symbol.asyncDispose]())

  it('is encrypted by TLS, or by StartTLS', async () => {
    await using strict = await startSlapd({ users: [{ account: 'bob' }], config: ['security ssf=128'] })
    expect(await readWith(strict, {})).toEqual(['bob'])
    expect(await readWith(strict, { servers: [strict.url] })).toEqual(['bob'])
    await expect(readWith(strict, { servers: [strict.url], startTls: false, insecureClearText: true })).rejects.toThrow(
      /wants an encrypted connection: use ldaps/,
    )
  })

  it('is in clear text only where that is allowed by name', async () => {
    const clear = { servers: [slapd.url], startTls: false }
    await expect(readWith(slapd, clear)).rejects.toThrow(LdapSetupError)
    expect(await readWith(slapd, { ...clear, insecureClearText: true })).toEqual(['alice'])
  })

  it('ends at a certificate that nobody trusts, over TLS and StartTLS alike', async () => {
    for (const servers of [[slapd.tlsUrl], [slapd.url]])
      await expect(readWith(slapd, { servers, tls: {} })).rejects.toThrow(/certificate is not trusted .*check "tls.ca"/)
  })

  it('ends at a certificate for another name', async () => {
    const certificate = createTestCertificate({ names: ['DNS:directory.example.com'] })
    await using other = await startSlapd({ certificate })
    for (const servers of [[other.tlsUrl], [other.url]])
      await expect(readWith(other, { servers })).rejects.toThrow(/certificate is for another name/)
  })

  it('ends at a certificate that has expired', async () => {
    await using other = await startSlapd({ certificate: createTestCertificate({ expired: true }) })
    for (const servers of [[other.tlsUrl], [other.url]])
      await expect(readWith(other, { servers })).rejects.toThrow(/certificate has expired: renew it/)
  })

  it('says that a server does not speak TLS there', async () => {
    const servers = [slapd.url.replace('ldap:', 'ldaps:')]
    await expect(readWith(slapd, { servers })).rejects.toThrow(/closed the connection|does not speak TLS/)
  })

  it('tells a refused password without telling it, and does not try it again with each poll', async () => {
    const bind = { dn: slapd.service.dn, password: 'not-the-password' }
    await using source = new LdapSource(optionsFor(slapd, { bind }), systemClock)
    const failure = collect(source.read())
    await expect(failure).rejects.toThrow(UnavailableError)
    await expect(failure).rejects.toThrow(/"bind.dn", "bind.passwordFile".*refuses the name or the password/)
    await expect(failure).rejects.not.toThrow(/not-the-password/)
    await slapd.kill()
    await expect(collect(source.read())).rejects.toThrow(/refuses the name or the password/)
    await slapd.restart()
  })

  it('does not take an empty password, which would make it nobody in particular', async () => {
    await expect(readWith(slapd, { bind: { dn: slapd.service.dn, password: '' } })).rejects.toThrow(LdapSetupError)
  })

  it('goes to the next server when the first does not answer, and to the first again later', async () => {
    await using second = await startSlapd({ users: [{ account: 'bob' }] })
    const ca = `${slapd.ca}${second.ca}`
    const servers = [slapd.tlsUrl, second.tlsUrl]
    expect(await readWith(slapd, { servers, tls: { ca } })).toEqual(['alice'])
    await slapd.kill()
    expect(await readWith(slapd, { servers, tls: { ca } })).toEqual(['bob'])
    await slapd.restart()
    expect(await readWith(slapd, { servers, tls: { ca } })).toEqual(['alice'])
  })

  it('names each server that does not answer', async () => {
    const servers = [`ldaps://127.0.0.1:${await testPort()}`, `ldap://127.0.0.1:${await testPort()}`]
    const failure = readWith(slapd, { servers })
    await expect(failure).rejects.toThrow(UnavailableError)
    await expect(failure).rejects.toThrow(/ldaps:\/\/.*does not answer \(ECONNREFUSED\); ldap:\/\/.*ECONNREFUSED/)
  })

  it('gives a server up that hangs', async () => {
    await using hanging = await startSlapd()
    await hanging.pause()
    await expect(readWith(hanging, { timeoutMs: 300 })).rejects.toThrow(
      /does not answer in time|has not answered for 0.3 s/,
    )
  })

  it('gives a server up that hangs in the middle of a read', async () => {
    const users = Array.from({ length: 50 }, (_, number) => ({ account: `user${number}` }))
    await using hanging = await startSlapd({ users })
    await using source = new LdapSource(optionsFor(hanging, { pageSize: 10, timeoutMs: 300 }), systemClock)
    const batches = source.read()
    await batches.next()
    await hanging.pause()
    await expect(collect(batches)).rejects.toThrow(/has not answered for 0.3 s/)
  })

  it('follows changes again when the directory is back', async () => {
    await using away = await startSlapd({ users: [{ account: 'alice' }] })
    await using source = new LdapSource(optionsFor(away, { changes: 'timestamps' }), systemClock)
    const { end } = await collect(source.read())
    await away.kill()
    await expect(collect(source.changes(end.cookie ?? ''))).rejects.toThrow(UnavailableError)
    await away.restart()
    await away.addUser({ account: 'bob' })
    expect(aliases(await collect(source.changes(end.cookie ?? '')))).toContain('bob')
  })
})
