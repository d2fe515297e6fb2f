import { once } from 'node:events'
import { readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { platformRandom, RvpRequests } from '@parley/client'
import { connect, DigestAuthentication, UndiciTransport } from '@parley/client/node'
import { textPayload, userUrl, writeMessage } from '@parley/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from './free-port.ts'
import { HeldDevice } from './held-device.ts'
import { descendants, parley, RunningCommand } from './running-command.ts'
import { createWorkFolder } from './work-folder.ts'

const password = 'correct horse'
const throughNpm = ['npm', 'run', '--silent', 'parley', '--']
const domain = 'im.example.com'

let folder: string
let users: string
beforeAll(async () => {
  folder = await createWorkFolder('command')
  users = join(folder, 'users.yaml')
  for (const name of ['alice', 'bob']) {
    const words = ['user', 'add', name, '--users', users, '--password-stdin', '--enable']
    expect(await parley(words, `${password}\n`)).toMatchObject({ code: 0, stderr: [] })
  }
})
afterAll(() => rm(folder, { recursive: true }))

/** What scripts say to `parley serve`, with a store of this name. */
function serveWords(store: string, ...more: string[]): string[] {
  const where = ['--listen', '127.0.0.1:0', '--data', join(folder, store), '--users', users]
  return ['serve', '--domain', domain, ...where, ...more]
}

function requestsOf(url: string, alias: string): { requests: RvpRequests; transport: UndiciTransport } {
  const authentication = new DigestAuthentication({ user: alias, password }, platformRandom)
  const transport = new UndiciTransport({ server: url, authentication })
  return { requests: new RvpRequests(transport, userUrl(domain, alias)), transport }
}

describe('npm run --silent parley -- serve', () => {
  it('says one line, needs no terminal, and ends with 0 on a SIGTERM to the process that npm started', async () => {
    await using command = new RunningCommand([...throughNpm, ...serveWords('one')])
    const ready = await command.line(/^ready /)
    expect(ready).toMatch(/^ready http:\/\/127\.0\.0\.1:[0-9]+$/)
    const alice = await connect({
      server: ready.slice('ready '.length),
      ...{ domain, alias: 'alice', password, device: 'stream' },
    })
    const [started] = descendants(command.pid)
    expect(started).toBeDefined()
    if (started !== undefined) process.kill(started, 'SIGTERM')
    const { code, stdout } = await command.finished
    await alice.close()
    expect(code).toBe(0)
    expect(stdout).toEqual([ready])
  })

  it('ends with 0 on a SIGTERM to npm itself, and leaves no process behind', async () => {
    await using command = new RunningCommand([...throughNpm, ...serveWords('two')])
    await command.line(/^ready /)
    const all = descendants(command.pid)
    expect(all.length).toBeGreaterThan(0)
    command.signal('SIGTERM')
    expect((await command.finished).code).toBe(0)
    for (const pid of all) await expect(readFile(`/proc/${pid}/cmdline`)).rejects.toThrow(/ENOENT|ESRCH/)
  })

  it('finishes a request in flight before it stops, and says meanwhile that it is not ready for more', async () => {
    const admin = `127.0.0.1:${await freePort()}`
    await using device = await HeldDevice.open()
    const more = ['--admin', admin, '--insecure-loopback-callbacks']
    await using command = new RunningCommand([
      process.execPath,
      'packages/server/src/main.ts',
      ...serveWords('three', ...more),
    ])
    const url = (await command.line(/^ready /)).slice('ready '.length)
    const [alice, bob] = [requestsOf(url, 'alice'), requestsOf(url, 'bob')]
    await alice.requests.subscribe(alice.requests.self, 'pragma/notify', 14_000, [['Call-Back', device.callBack]])

    const [health, ready, metrics] = await Promise.all(
      ['healthz', 'readyz', 'metrics'].map((page) => fetch(`http://${admin}/${page}`)),
    )
    expect([health?.status, ready?.status, metrics?.status]).toEqual([200, 200, 200])
    const counted = (await metrics?.text())?.split('\n')
    expect(counted).toContain('parley_devices 1')
    expect(counted).toContain('parley_requests_total{method="SUBSCRIBE",status="200"} 1')

    const mime = textPayload({ sessionId: '{0D9A6C32-0000-4000-8000-000000000001}', text: 'wait for me' })
    const contact = (href: string) => ({ href, description: '' })
    const body = writeMessage({ from: contact(bob.requests.self), to: [contact(alice.requests.self)], mime })
    const sent = bob.requests.notify(alice.requests.self, body, 'DeepOr')
    await device.notified
    command.signal('SIGTERM')
    await command.complaint(/"server\.stopping"/)
    expect((await fetch(`http://${admin}/readyz`)).status).toBe(503)
    expect((await fetch(`http://${admin}/healthz`)).status).toBe(200)
    device.answer()
    await sent
    const { code, stderr } = await command.finished
    expect(code).toBe(0)
    expect(stderr.at(-1)).toContain('server.stopped')
    expect(stderr.join('')).not.toContain('wait for me')
    await Promise.all([alice.transport.close(), bob.transport.close()])
  })
})

describe('npm start', () => {
  it('serves a demonstration whose accounts can sign in, where its arguments say', async () => {
    const port = await freePort()
    const data = join(folder, 'demo')
    await using command = new RunningCommand(['npm', 'start', '--', '--listen', `127.0.0.1:${port}`, '--data', data])
    await command.line(/accounts +alice, bob, carol +password +parley-demo/)
    const url = (await command.line(/^ready /)).slice('ready '.length)
    expect(url).toBe(`http://127.0.0.1:${port}`)
    const who = { server: url, domain: 'localhost', password: 'parley-demo', device: 'stream' } as const
    const alice = await connect({ ...who, alias: 'alice' })
    const bob = await connect({ ...who, alias: 'bob', scheme: 'ntlm' })
    expect(await alice.watch(bob.self)).toBe('online')
    await Promise.all([alice.signOff(), bob.signOff()])
    command.signal('SIGTERM')
    expect((await command.finished).code).toBe(0)
  })
})

describe('parley serve, when something is wrong', () => {
  const mended = async (words: readonly string[], message: RegExp): Promise<void> => {
    const { code, stdout, stderr } = await parley(words)
    expect(code).toBe(1)
    expect(stdout).toEqual([])
    expect(stderr.find((line) => line.startsWith('parley: '))).toBeDefined()
    expect(stderr.join('\n')).toMatch(message)
    expect(stderr.join('\n')).not.toMatch(/^\s+at /m)
  }

  it('says how to make a users file that is missing', async () => {
    const words = ['serve', '--domain', domain, '--data', join(folder, 'x'), '--users', join(folder, 'none.yaml')]
    await mended([...words, '--listen', '127.0.0.1:0'], /none\.yaml does not exist; make it with: parley user add/)
  })

  it('says that a port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    await mended(
      [...serveWords('taken'), '--listen', `127.0.0.1:${port}`],
      new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*--listen`, 's'),
    )
    other.close()
  })

  it('says what a domain looks like', async () => {
    const words = ['serve', '--domain', 'http://im.example.com', '--data', join(folder, 'x'), '--users', users]
    await mended(words, /must be a host name, e\.g\. im\.example\.com/)
  })

  it('says that another process uses the store', async () => {
    await using command = new RunningCommand([process.execPath, 'packages/server/src/main.ts', ...serveWords('shared')])
    await command.line(/^ready /)
    await mended(serveWords('shared'), /shared.* (?:in use|used by|another process)/i)
  })

  it('will not show messages on a public address without being told so', async () => {
    await mended([...serveWords('public'), '--listen', '0.0.0.0:0'], /--insecure-plain-http/)
  })
})

describe('parley --help', () => {
  it.each([
    [[], 'parley serve'],
    [['serve'], '--insecure-loopback-callbacks'],
    [['user'], 'parley user passwd'],
    [['user', 'add'], '--password-stdin'],
    [['user', 'passwd'], '--only'],
    [['user', 'enable'], '--users'],
    [['user', 'disable'], '--users'],
    [['user', 'remove'], '--users'],
    [['user', 'list'], '--json'],
    [['chat'], '--contact'],
    [['contacts'], 'import'],
    [['doctor'], '--config'],
  ])('of %j tells of %s', async (words, something) => {
    const { code, stdout, stderr } = await parley([...words, '--help'])
    expect(code).toBe(0)
    expect(stdout.join('\n')).toContain(something)
    expect(stderr).toEqual([])
  })

  it('follows a command that is not there', async () => {
    const { code, stderr } = await parley(['sevre'])
    expect(code).not.toBe(0)
    expect(stderr.join('\n')).toContain('parley serve')
  })
})
