import { addUser } from '@parley/adapter-file'
import { authenticationFor, UndiciTransport } from '@parley/client/node'
import { describe, expect, it } from 'vitest'
import { pacScript } from '../src/pac-script.ts'
import { parley } from './run-parley.ts'
import { TemporaryOffice } from './temporary-office.ts'

async function openOffice() {
  const office = await TemporaryOffice.open(['alice'])
  const people = { 'anna.lind': 'Anna Lindström', bob: 'Bob Annan' }
  for (const [name, displayName] of Object.entries(people)) {
    const mail = `${name}@example.com`
    await addUser(office.file('users.yaml'), {
      name,
      password: name,
      enabled: true,
      displayName,
      mail,
      domains: [office.domain],
    })
  }
  return office
}

const as = (server: string) => ['--as', 'alice@im.example.com', '--server', server, '--password-stdin']

describe('parley contacts find', { timeout: 60_000 }, () => {
  it('finds people of a users file', async () => {
    await using office = await openOffice()
    const server = await office.serve()
    const table = await parley(['contacts', 'find', 'lind', 'ann', ...as(server)], 'alice\n')
    expect(table).toEqual({
      code: 0,
      stdout:
        'ADDRESS                   DISPLAY NAME    MAIL\n' +
        'anna.lind@im.example.com  Anna Lindström  anna.lind@example.com\n',
      stderr: '',
    })
    const json = await parley(['contacts', 'find', 'bob@example.com', '--json', ...as(server)], 'alice\n')
    const href = 'http://im.example.com/instmsg/aliases/bob'
    expect(JSON.parse(json.stdout)).toEqual({
      people: [
        { href, address: 'bob@im.example.com', displayName: 'Bob Annan', mail: 'bob@example.com', attributes: {} },
      ],
      more: false,
    })
  })

  it('says why it finds nobody', async () => {
    await using office = await openOffice()
    const server = await office.serve()
    const nobody = await parley(['contacts', 'find', 'zoe', ...as(server)], 'alice\n')
    expect(nobody).toEqual({ code: 1, stdout: '', stderr: 'nobody was found\n' })
    const wrong = await parley(['contacts', 'find', 'a', '--where', 'salary=1', ...as(server)], 'alice\n')
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('Unrecognized key: "salary"') })
    const stranger = await parley(['contacts', 'find', 'a', ...as(server)], 'wrong\n')
    expect(stranger).toMatchObject({ code: 1, stderr: expect.stringContaining('with this password') })
  })
})

describe('parley contacts add', { timeout: 60_000 }, () => {
  it('puts people on the list, whom a name, an alias or a mail address tells', async () => {
    await using office = await openOffice()
    const server = await office.serve()
    const added = await parley(
      ['contacts', 'add', 'anna lind', 'bob@example.com', '--group', 'Work', ...as(server)],
      'alice\n',
    )
    expect(added).toMatchObject({ code: 0, stderr: 'alice@im.example.com: 2 added, 0 changed, 0 unchanged\n' })
    const again = await parley(['contacts', 'add', 'bob', ...as(server)], 'alice\n')
    expect(again.stderr).toBe('alice@im.example.com: 0 added, 0 changed, 1 unchanged\n')
    const listed = await parley(['contacts', 'export', '--format', 'csv', ...as(server)], 'alice\n')
    expect(listed.stdout.match(/aliases\/(?:anna\.lind|bob),.*Work/g)).toHaveLength(2)
  })

  it('adds nobody when it is not clear who is meant', async () => {
    await using office = await openOffice()
    const server = await office.serve()
    const several = await parley(['contacts', 'add', 'bob', 'ann', ...as(server)], 'alice\n')
    expect(several).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/ann may be any of .*anna\.lind@.*: give the address/),
    })
    const nobody = await parley(['contacts', 'add', 'zoe', ...as(server)], 'alice\n')
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody is found by zoe') })
    const listed = await parley(['contacts', 'export', '--format', 'csv', ...as(server)], 'alice\n')
    expect(listed.stdout).not.toContain('bob')
  })
})

describe('the search of parley serve', () => {
  it.each(['digest', 'ntlm'] as const)('takes callers who prove who they are by %s, as RVP does', async (scheme) => {
    await using office = await openOffice()
    const server = await office.serve()
    const url = 'http://im.example.com/.parley/people?q=bob'
    const transport = new UndiciTransport({
      server,
      authentication: authenticationFor(scheme, { user: 'alice', password: 'alice' }),
    })
    const stranger = new UndiciTransport({ server })
    try {
      expect((await transport.send({ method: 'GET', url, headers: [] })).status).toBe(200)
      expect((await stranger.send({ method: 'GET', url, headers: [] })).status).toBe(401)
    } finally {
      await Promise.all([transport.close(), stranger.close()])
    }
  })
})

describe('the proxy auto-configuration of a listener', () => {
  it.each(['/wpad.dat', '/proxy.pac'])('is at %s for everybody when it is configured', async (path) => {
    await using office = await TemporaryOffice.open(['alice'])
    const proxies = ['proxy.example.com:3128']
    const [url] = await office.serveAll(office.config({ pac: { proxies } }))
    const answer = await fetch(`${url}${path}`)
    expect(answer.headers.get('content-type')).toBe('application/x-ns-proxy-autoconfig')
    const domains = [{ name: office.domain, aliases: [] }]
    expect(await answer.text()).toBe(pacScript({ domains, direct: [], proxies }))
  })

  it('is not there otherwise', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    const url = await office.serve()
    expect((await fetch(`${url}/wpad.dat`)).status).toBe(501)
  })
})
