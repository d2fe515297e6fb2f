import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { addUser, setEnabled } from '@parley/adapter-file'
import { NodeStoreLmdb } from '@parley/adapter-lmdb'
import { ManualClock } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { checkData } from '../src/doctor/check-data.ts'
import { checkListeners } from '../src/doctor/check-listeners.ts'
import { checkTls } from '../src/doctor/check-tls.ts'
import { checkUsers } from '../src/doctor/check-users.ts'
import { diagnose } from '../src/doctor/diagnose.ts'
import type { Finding } from '../src/doctor/finding.ts'
import { TemporaryOffice } from './temporary-office.ts'

const lines = (findings: readonly Finding[]) => findings.map(({ level, what }) => `${level} ${what}`)

describe('checkData', () => {
  it('tells a store that is whole, in use or damaged from a directory that is to be made', async () => {
    await using office = await TemporaryOffice.open()
    const data = office.file('data')
    expect(lines(await checkData(data))).toEqual([expect.stringContaining(`ok ${data} does not exist yet`)])
    {
      await using store = await NodeStoreLmdb.open({ path: data })
      await store.commit(
        userUrl('im.example.com', 'alice'),
        [{ kind: 'put-property', property: { name: '{x}y', xml: '' } }],
        1,
      )
      expect(lines(await checkData(data))[0]).toBe(`ok the store in ${data} is in use by a running server`)
    }
    const [whole, space] = lines(await checkData(data))
    expect(whole).toBe(`ok the store in ${data} is whole: 1 nodes`)
    expect(space).toContain('MiB are free')
    writeFileSync(office.file('data/data.mdb'), 'junk')
    expect((await checkData(data))[0]).toMatchObject({ level: 'fail', what: expect.stringContaining('is damaged') })
  })

  it('warns of a directory that others may read, and fails for what is none', async () => {
    await using office = await TemporaryOffice.open()
    const data = office.file('data')
    mkdirSync(data)
    chmodSync(data, 0o755)
    expect((await checkData(data))[0]).toMatchObject({ level: 'warn', todo: `chmod 700 ${data}` })
    writeFileSync(office.file('file'), '')
    expect((await checkData(office.file('file')))[0]?.level).toBe('fail')
    expect((await checkData(office.file('no/such/place')))[0]?.level).toBe('fail')
  })
})

describe('checkUsers', () => {
  it('counts users, and names those who cannot sign in under a domain', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    const users = office.file('users.yaml')
    expect(lines(await checkUsers(office.config()))).toEqual([`ok ${users} is private`, 'ok 1 users, 1 enabled'])
    await addUser(users, { name: 'bob', password: 'bob' })
    const domains = [{ name: 'im.example.org' }]
    const [, count, spelling] = await checkUsers(office.config({ domains }))
    expect(count?.what).toBe('2 users, 1 enabled')
    expect(spelling?.what).toBe('cannot sign in with Digest as USER@im.example.org: alice')
    expect(spelling?.todo).toContain('parley user passwd NAME --domain im.example.org')
    await setEnabled(users, 'alice', false)
    expect((await checkUsers(office.config()))[1]).toMatchObject({
      level: 'warn',
      todo: expect.stringContaining('enable'),
    })
  })

  it('wants the file to be there, private and well-formed', async () => {
    await using office = await TemporaryOffice.open()
    const users = office.file('users.yaml')
    expect((await checkUsers(office.config()))[0]?.todo).toContain('parley user add')
    writeFileSync(users, 'users:\n  - name: alice\n    enabled: perhaps\n')
    const mistakes = await checkUsers(office.config())
    expect(mistakes).toMatchObject([{ level: 'fail', what: expect.stringContaining('line 3') }])
    writeFileSync(users, 'users:\n  - name: alice\n    enabled: true\n')
    chmodSync(users, 0o644)
    expect(lines(await checkUsers(office.config()))).toEqual([
      `fail ${users} is open to every user of this machine`,
      'ok 1 users, 1 enabled',
      'warn without a verifier of any scheme that is on: alice',
    ])
    chmodSync(users, 0o640)
    expect((await checkUsers(office.config()))[0]?.level).toBe('warn')
  })
})

describe('checkListeners', () => {
  it('knows a running server from another program by its answer', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    const { host } = new URL(await office.serve())
    const [served] = await checkListeners(office.config({ listen: [{ at: host }] }))
    expect(served).toEqual({ level: 'ok', what: `${host} is in use by an RVP server already` })

    const other = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.resume().end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    }).listen(0, '127.0.0.1')
    await once(other, 'listening')
    const at = `127.0.0.1:${(other.address() as AddressInfo).port}`
    const [taken] = await checkListeners(office.config({ listen: [{ at }] }))
    expect(taken).toMatchObject({ level: 'fail', what: `${at} is taken by another program` })
    other.close()
    await once(other, 'close')
    const [free] = await checkListeners(office.config({ listen: [{ at }] }))
    expect(free).toEqual({ level: 'ok', what: `${at} is free` })
  })

  it('fails for addresses of other machines, and for plain HTTP in public', async () => {
    await using office = await TemporaryOffice.open()
    const found = await checkListeners(office.config({ listen: [{ at: '203.0.113.9:80' }] }))
    expect(lines(found)).toEqual([
      'fail 203.0.113.9:80 is no address of this machine',
      expect.stringContaining('fail plain HTTP on 203.0.113.9:80'),
    ])
  })

  it('reminds of port 80, which classic clients always use [R46]', async () => {
    await using office = await TemporaryOffice.open()
    const found = await checkListeners(office.config({ listen: [{ at: '*:0' }], insecurePlainHttp: true }))
    expect(found[1]?.what).toContain('nothing listens on port 80')
    const [, local] = await checkListeners(office.config())
    expect(local?.what).toBe('only programs on this machine can connect')
  })
})

describe('checkTls', () => {
  it('checks that files are there, belong together, are valid for long enough, and cover the names', async () => {
    await using office = await TemporaryOffice.open()
    const tls = makeCertificate(office, 'one', 'im.example.com')
    const other = makeCertificate(office, 'two', 'im.example.com')
    const until = new X509Certificate(readFileSync(tls.cert)).validToDate.getTime()
    const check = async (pair: typeof tls, daysLeft = 60, aliases: string[] = []) => {
      const domains = [{ name: 'im.example.com', aliases }]
      const config = office.config({ domains, listen: [{ at: '127.0.0.1:0', tls: pair }] })
      return lines(await checkTls(config, new ManualClock(until - daysLeft * 86_400_000)))
    }
    const date = new Date(until).toISOString().slice(0, 10)
    expect(await check(tls)).toEqual([
      `ok ${tls.cert} fits its key and is valid until ${date}`,
      `ok ${tls.cert} covers im.example.com`,
    ])
    expect((await check(tls, 29))[0]).toBe(`warn ${tls.cert} expires in 29 days, on ${date}`)
    expect((await check(tls, 0))[0]).toBe(`fail ${tls.cert} has expired on ${date}`)
    expect((await check(tls, 9000))[0]).toBe(`fail ${tls.cert} is not valid yet`)
    expect((await check(tls, 60, ['rvp.example.com']))[1]).toBe(`fail ${tls.cert} does not cover rvp.example.com`)
    expect(await check({ cert: tls.cert, key: other.key })).toEqual([`fail ${other.key} is not the key of ${tls.cert}`])
    chmodSync(tls.key, 0o644)
    expect((await check(tls))[2]).toBe(`warn ${tls.key} is open to every user of this machine`)
    expect(await check({ cert: tls.key, key: office.file('none') })).toEqual([
      expect.stringContaining('is no readable certificate'),
      expect.stringContaining('is no readable key'),
    ])
  })
})

describe('diagnose', () => {
  it('finds nothing to mend in an office that is set up well', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    const { host } = new URL(await office.serve())
    const config = office.config({ domains: [{ name: office.domain }], listen: [{ at: host }], auth: { ntlm: false } })
    const findings = await diagnose(config, {
      clock: new ManualClock(),
      lookup: { services: async () => [], addresses: async () => ['127.0.0.1'] },
      localAddresses: ['127.0.0.1'],
      nodeVersion: '26.0.0',
      limitsText: '',
    })
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([])
  })
})

function makeCertificate(office: TemporaryOffice, name: string, host: string): { cert: string; key: string } {
  const files = { cert: office.file(`${name}.pem`), key: office.file(`${name}.key`) }
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '365']
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  execFileSync('openssl', ['req', ...kind, ...subject, '-keyout', files.key, '-out', files.cert], { stdio: 'ignore' })
  chmodSync(files.key, 0o600)
  return files
}
