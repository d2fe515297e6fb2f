import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { RequestRefusedError, type RvpClient } from '@parley/client'
import { connect } from '@parley/client/node'
import { startNats, startRedis, testPort } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { eventually } from './cluster/eventually.ts'
import { ParleyCluster } from './cluster/parley-cluster.ts'
import { ParleyProcess } from './cluster/parley-process.ts'
import { parley } from './running-command.ts'
import { temporaryFolder } from './work-folder.ts'

const nowhere = '127.0.0.1:1'

/** A configuration file, and the secrets that it names. */
interface Configured extends AsyncDisposable {
  readonly config: string
  readonly keyFile: string
  readonly passwordFile: string
}

/** Writes a configuration; what `settings` does not say leads nowhere. */
async function configured(settings: (files: Configured) => Readonly<Record<string, unknown>>): Promise<Configured> {
  const folder = await temporaryFolder('bad-day')
  const files = {
    config: join(folder.path, 'cluster.yaml'),
    keyFile: join(folder.path, 'cluster.key'),
    passwordFile: join(folder.path, 'nats.password'),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
  await writeFile(files.keyFile, 'k'.repeat(32), { mode: 0o600 })
  await writeFile(files.passwordFile, 'wrong', { mode: 0o600 })
  const ours = {
    domains: [{ name: 'im.example.com' }],
    redis: { url: `redis://${nowhere}` },
    nats: { servers: [`nats://${nowhere}`] },
    cluster: { keys: [{ id: 'k1', file: files.keyFile }], listen: '127.0.0.1:0' },
    log: { level: 'warn' },
  }
  await writeFile(files.config, JSON.stringify({ ...ours, ...settings(files) }))
  return files
}

/** What a home says that does not start. */
async function complaint({ config }: Configured): Promise<string> {
  const { code, stderr } = await parley(['home', '--config', config])
  expect(code).toBe(1)
  return stderr.filter((line) => !line.startsWith('{')).join('\n')
}

/** A process that names hq-1 in this configuration. */
async function homeOn({ config }: Configured): Promise<ParleyProcess> {
  const [at, admin] = [`127.0.0.1:${await testPort()}`, `127.0.0.1:${await testPort()}`]
  const words = ['home', '--config', config, '--name', 'hq-1', '--cluster-listen', at, '--admin', admin]
  return new ParleyProcess('home hq-1', { url: `http://${at}`, adminUrl: `http://${admin}`, words })
}

/** The messages of a log, of the events of one name. */
function messagesOf({ log }: ParleyProcess, event: string): string[] {
  const records = log.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, string>)
  return records.filter((record) => record.event === event).map(({ message, detail }) => message ?? detail ?? '')
}

async function signOn(cluster: ParleyCluster, alias: string): Promise<RvpClient> {
  const { password } = cluster.account(alias)
  const [router] = cluster.routers
  return await connect({ server: router?.url ?? '', domain: cluster.domain, alias, password, device: 'stream' })
}

describe('parley home that cannot start', () => {
  it('says that what answers is not Redis', async () => {
    await using open = new AsyncDisposableStack()
    const nonsense = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    nonsense.listen(0, '127.0.0.1')
    open.defer(() => void nonsense.close())
    await once(nonsense, 'listening')
    const { port } = nonsense.address() as AddressInfo
    const files = open.use(await configured(() => ({ redis: { url: `redis://127.0.0.1:${port}` } })))
    expect(await complaint(files)).toBe('parley: what answers is not Redis: check host and port')
  })

  it('says that Redis is away, and where it looked', async () => {
    await using files = await configured(() => ({}))
    const sentence = 'Redis does not answer: connect ECONNREFUSED 127.0.0.1:1'
    const cure = 'check host and port, and whether it speaks TLS there'
    expect(await complaint(files)).toBe(`parley: ${sentence}; ${cure}`)
  })

  it('says which key file is not there', async () => {
    const keys = [{ id: 'k1', file: '/nonexistent/cluster.key' }]
    await using files = await configured(() => ({ cluster: { keys } }))
    expect(await complaint(files)).toBe('parley: cannot read /nonexistent/cluster.key, which "cluster.keys" names')
  })

  it('says which key file everybody may read', async () => {
    await using files = await configured(() => ({}))
    await chmod(files.keyFile, 0o644)
    const sentence = 'which "cluster.keys" names, is open to everybody; chmod o-rwx it'
    expect(await complaint(files)).toBe(`parley: ${files.keyFile}, ${sentence}`)
  })

  it('says that a home is named twice', async () => {
    await using files = await configured(() => ({ home: { names: ['hq-1', 'hq-1'] } }))
    expect(await complaint(files)).toContain('names a home twice\n  → at home.names')
  })
})

describe('parley home without NATS', () => {
  it.each([
    ['away', 'cannot be reached (ECONNREFUSED): check servers, and that it runs'],
    [
      'refusing its password',
      "refuses us (Authorization Violation): check user and password, and the users in the server's configuration",
    ],
  ])('serves, and says once that NATS is %s, in its log and in parley status', async (what, sentence) => {
    await using redis = await startRedis()
    await using nats = await startNats({ config: 'authorization { user: home, password: right }' })
    const server = what === 'away' ? `nats://${nowhere}` : nats.url
    await using files = await configured(({ passwordFile }) => ({
      redis: { url: redis.url },
      nats: { servers: [server], user: 'home', passwordFile },
    }))
    await using home = await homeOn(files)
    await home.start()
    const status = await parley(['status', '--config', files.config])
    expect(status.code).toBe(1)
    expect(status.stdout.slice(-2)).toEqual(['Degraded:', `  ${server} ${sentence}`])
    await home.stop()
    expect(messagesOf(home, 'nats.problem')).toEqual([`${server} ${sentence}`])
  })
})

describe('parley status', () => {
  it('shows homes, their holders, epochs and users, and that nothing is degraded', async () => {
    await using cluster = await ParleyCluster.start({ users: ['alice', 'bob', 'carol'], homes: ['hq-1', 'hq-2'] })
    const alice = await signOn(cluster, 'alice')
    const { code, stdout } = await cluster.tryCommand(['status'])
    expect(code).toBe(0)
    const [heads = '', ...rows] = stdout
    expect(heads.split(/ +/).slice(0, 7)).toEqual([
      'home',
      'holder',
      'epoch',
      'users',
      'online',
      'devices',
      'subscriptions',
    ])
    const [hq1, hq2] = cluster.homes.map(({ url }) => url)
    expect(rows.slice(0, 2).map((row) => row.split(/ +/).slice(0, 2))).toEqual([
      ['hq-1', hq1],
      ['hq-2', hq2],
    ])
    expect(rows.slice(2, 4)).toEqual(['', expect.stringMatching(/^Directory: 3 users, 0 groups; read /)])
    expect(rows.slice(4)).toEqual(['', 'Nothing is degraded.'])
    const json = await cluster.tryCommand(['status', '--json'])
    expect(json.code).toBe(0)
    const { homes } = JSON.parse(json.stdout.join('\n')) as { homes: Record<string, unknown>[] }
    expect(homes).toMatchObject([
      { home: 'hq-1', holder: hq1, degraded: [] },
      { home: 'hq-2', holder: hq2, degraded: [] },
    ])
    expect(homes.map(({ users }) => users).toSorted()).toEqual([1, 2])
    expect(homes.map(({ online }) => online).toSorted()).toEqual([0, 1])
    for (const { epoch } of homes) expect(epoch).toBeGreaterThan(0)
    await alice.close()
  })

  it('shows a home whose process has died, and for which nobody stands by, until it is back', async () => {
    const settings = { home: { standbyFor: [] } }
    await using cluster = await ParleyCluster.start({ users: ['alice', 'bob'], homes: ['hq-1', 'hq-2'], settings })
    const [first] = cluster.homes
    await first?.kill()
    const sentence = '  nobody holds hq-1: start "parley home --name hq-1", or move its 1 users'
    await eventually('the lease has run out', 30_000, async () => {
      const { code, stdout } = await cluster.tryCommand(['status'])
      expect(code).toBe(1)
      return stdout.at(-1) === sentence
    })
    await first?.start()
    const { stdout } = await cluster.command(['status'])
    expect(stdout.at(-1)).toBe('Nothing is degraded.')
  })
})

describe('a cluster on a bad day', () => {
  it('leaves a home that two processes name to the first, and the second says who holds it', async () => {
    await using cluster = await ParleyCluster.start({ users: ['alice'], settings: { log: { level: 'info' } } })
    const second = await cluster.newHome('hq-1')
    await second.start()
    const [first] = cluster.homes
    const sentence = `hq-1 is held by ${first?.url}; this process stands by for it`
    // The log comes another way than the word that it is ready.
    await eventually('the log has come', 10_000, () => messagesOf(second, 'home.elsewhere').length > 0)
    expect(messagesOf(second, 'home.elsewhere')).toEqual([sentence])
    const { stdout } = await cluster.command(['status', '--json'])
    expect(JSON.parse(stdout.join('\n'))).toMatchObject({
      homes: [{ home: 'hq-1', holder: first?.url, degraded: [] }],
    })
    const alice = await signOn(cluster, 'alice')
    await alice.close()
  })

  it('says that nobody holds a home that users live at, serves the others, and those users once somebody does', async () => {
    const settings = { sync: { homes: ['hq-1', 'hq-9'] }, router: { waitSeconds: 1 } }
    await using cluster = await ParleyCluster.start({ users: ['alice', 'bob'], settings })
    const { code, stdout } = await cluster.tryCommand(['status'])
    expect(code).toBe(1)
    const cure = 'start "parley home --name hq-9", or move its 1 users'
    expect(stdout.at(-1)).toBe(`  nobody holds hq-9, and nobody ever did: ${cure}`)
    const homes = await cluster.tryCommand(['status', '--json'])
    expect(JSON.parse(homes.stdout.join('\n'))).toMatchObject({
      homes: [
        { home: 'hq-1', users: 1 },
        { home: 'hq-9', users: 1 },
      ],
    })
    const outcomes = await Promise.allSettled(['alice', 'bob'].map((alias) => signOn(cluster, alias)))
    const clients = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
    expect(clients).toHaveLength(1)
    expect(refusals).toEqual([expect.any(RequestRefusedError)])
    expect(refusals[0]).toMatchObject({ status: 503 })
    const sentence = 'nobody holds hq-9: start "parley home --name hq-9", or move its users to another home'
    expect(cluster.routers.flatMap((router) => messagesOf(router, 'router.home-unheld'))).toEqual([sentence])
    await (await cluster.newHome('hq-9')).start()
    for (const alias of ['alice', 'bob']) clients.push(await signOn(cluster, alias))
    await Promise.all(clients.map((client) => client.close()))
  })
})
