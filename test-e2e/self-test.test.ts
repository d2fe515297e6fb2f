import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, connect as connectTo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { connect } from '@parley/client/node'
import { testPort } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ParleyCluster } from './cluster/parley-cluster.ts'
import { type Finished, parley } from './running-command.ts'
import { temporaryFolder } from './work-folder.ts'

const address = (alias: string): string => `${alias}@im.example.com`

let cluster: ParleyCluster
let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  cluster = await ParleyCluster.start({ users: ['alice', 'bob', 'carol'], homes: ['hq-1', 'hq-2'] })
  folder = await temporaryFolder('self-test')
})
afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
  await folder[Symbol.asyncDispose]()
})

async function passwordFile(name: string, password: string): Promise<string> {
  const file = join(folder.path, name)
  await writeFile(file, `${password}\n`, { mode: 0o600 })
  return file
}

async function selfTest(
  given: { server?: string; password?: string; with?: string; words?: string[] } = {},
): Promise<Finished> {
  const other = given.with ?? 'bob'
  const own = await passwordFile('own', given.password ?? cluster.account('alice').password)
  const theirs = await passwordFile('theirs', cluster.account(other).password)
  const server = given.server ?? cluster.routers[0]?.url ?? ''
  const people = [
    '--user',
    address('alice'),
    '--password-file',
    own,
    '--with',
    address(other),
    '--with-password-file',
    theirs,
  ]
  return await parley(['self-test', '--server', server, ...people, ...(given.words ?? [])])
}

/** The lines without their times. */
function steps({ stdout }: Finished): readonly string[] {
  return stdout.map((line) => line.replace(/^(ok|FAIL) +[0-9.]+ s {2}/, '$1 '))
}

async function signOn(alias: string) {
  const { password } = cluster.account(alias)
  const server = cluster.routers[0]?.url ?? ''
  return await connect({ server, domain: cluster.domain, alias, password, device: 'stream' })
}

const comeLater = 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

/** A server that tells clients to come later, and after some connections hands them to another one. */
class BusyServer implements AsyncDisposable {
  refused = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(target: string, refusals: number) {
    this.#server = createServer((client) => {
      this.#own(client)
      if (this.refused < refusals) {
        this.refused += 1
        client.once('data', () => client.end(comeLater))
        return
      }
      const server = connectTo(Number(new URL(target).port), '127.0.0.1')
      this.#own(server)
      client.pipe(server).pipe(client)
    })
  }

  static async open(target: string, refusals: number): Promise<BusyServer> {
    const busy = new BusyServer(target, refusals)
    await once(busy.#server.listen(0, '127.0.0.1'), 'listening')
    return busy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
  }
}

describe('parley self-test', () => {
  it('has two users sign in, see each other and talk, a line for each step, and leaves no trace', async () => {
    const finished = await selfTest()
    expect(steps(finished)).toEqual([
      'ok alice@im.example.com signs in',
      'ok bob@im.example.com signs in',
      'ok watch each other',
      'ok bob@im.example.com sees that alice@im.example.com is busy',
      'ok alice@im.example.com sends bob@im.example.com a message',
      'ok alice@im.example.com sees that bob@im.example.com is busy',
      'ok bob@im.example.com sends alice@im.example.com a message',
      'ok sign off',
    ])
    expect(finished.code).toBe(0)
    for (const alias of ['alice', 'bob']) {
      const client = await signOn(alias)
      expect(await client.subscriptions('pragma/notify')).toHaveLength(1)
      // Of one's own state.
      expect((await client.subscriptions('update/propchange')).map(({ href }) => href)).toEqual([client.self])
      expect(await client.readContacts()).toEqual({ contacts: [], groups: [] })
      await client.signOff()
    }
  })

  it('prints JSON', async () => {
    const { stdout, code } = await selfTest({ words: ['--json'] })
    expect(code).toBe(0)
    const { passed, steps: all } = JSON.parse(stdout.join('\n')) as { passed: boolean; steps: { seconds: number }[] }
    expect([passed, all.length]).toEqual([true, 8])
    for (const { seconds } of all) expect(seconds).toBeGreaterThanOrEqual(0)
  })

  it('says that a password is wrong', async () => {
    const finished = await selfTest({ password: 'wrong' })
    expect(steps(finished)).toEqual([
      expect.stringContaining(
        'FAIL alice@im.example.com signs in: wrong password, or no such user: alice@im.example.com',
      ),
    ])
    expect(finished.code).toBe(1)
  })

  it('says that the server cannot be reached', async () => {
    const server = `http://127.0.0.1:${await testPort()}`
    const finished = await selfTest({ server })
    expect(steps(finished)).toEqual([expect.stringContaining(`FAIL alice@im.example.com signs in: ${server}: `)])
    expect(finished.code).toBe(1)
  })

  it('tries again while the server tells clients to come later, as when homes change hands', async () => {
    await using busy = await BusyServer.open(cluster.routers[0]?.url ?? '', 3)
    const finished = await selfTest({ server: busy.url })
    expect([finished.code, steps(finished).at(-1)]).toEqual([0, 'ok sign off'])
    expect(busy.refused).toBe(3)
    await using busier = await BusyServer.open('', Number.POSITIVE_INFINITY)
    const { stdout, code } = await selfTest({ server: busier.url, words: ['--timeout', '2'] })
    expect([code, stdout.join('\n')]).toEqual([1, expect.stringContaining('the server is busy or starting')])
  })

  it('says who may block whom, and signs off all the same', async () => {
    const carol = await signOn('carol')
    await carol.block(carol.nodeNamed('alice'))
    const finished = await selfTest({ with: 'carol' })
    expect(steps(finished).at(-1)).toBe(
      'FAIL watch each other: alice@im.example.com does not see that carol@im.example.com is signed in: does carol@im.example.com block alice@im.example.com?',
    )
    expect(finished.code).toBe(1)
    expect(await carol.subscriptions('pragma/notify')).toHaveLength(1)
    await carol.signOff()
  })

  it('names what is missing or wrong on the command line', async () => {
    expect(await parley(['self-test', '--server', 'http://127.0.0.1:1'])).toMatchObject({ code: 2 })
    const finished = await selfTest({ words: ['--timeout', '0'] })
    expect([finished.code, finished.stderr[0]]).toEqual([1, 'parley: --timeout is a number of seconds above 0'])
  })
})
