import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createTestCertificate, startNatsCluster } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ParleyCluster } from './cluster/parley-cluster.ts'
import { passwordOf } from './cluster/users-file.ts'
import { ParleyUser } from './parley-user.ts'
import { temporaryFolder } from './work-folder.ts'

const users = ['alicia', 'bobina'] as const
const message = 'the merger is on thursday'
const natsPassword = 'nats-0penSesame!'
const urlPassword = 'ur1/s3same@77'
const displayName = 'Carol Stone (sick until May)'
const clusterKey = 'c1u5ter-key-0123456789-abcdefghijklmnop'

interface Manifest {
  readonly files: readonly { readonly name: string; readonly redacted: Readonly<Record<string, number>> }[]
  readonly failed: readonly { readonly what: string; readonly reason: string }[]
}

/** A bundle, unpacked: the content of each file by its name. */
type Unpacked = ReadonlyMap<string, string>

describe('parley support-bundle, of a cluster full of secrets', () => {
  const open = new AsyncDisposableStack()
  const verifier = hash('md5', `alicia:parley:${passwordOf('alicia')}`)
  const tls = createTestCertificate()
  let cluster: ParleyCluster
  let folder: string
  let log: string

  beforeAll(async () => {
    const work = open.use(await temporaryFolder('support-bundle'))
    folder = work.path
    const files = { password: natsPassword, 'cluster.key': clusterKey, 'tls.key': tls.key, 'tls.pem': tls.cert }
    for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content, { mode: 0o600 })
    const nats = await startNatsCluster()
    const servers = nats.servers.map(({ url }) => url)
    cluster = open.use(
      await ParleyCluster.start({
        users,
        nats,
        settings: {
          // NOTE: these servers take any user.
          nats: { servers, user: 'parley', passwordFile: join(folder, 'password') },
          cluster: { keys: [{ id: 'k1', file: join(folder, 'cluster.key') }] },
          federation: { client: { cert: join(folder, 'tls.pem'), key: join(folder, 'tls.key') } },
          create: [{ under: '/groups/', by: ['alicia'] }],
          log: { level: 'info' },
        },
      }),
    )
    await converse(cluster)
    log = join(folder, 'home.log')
    const real = [...cluster.routers, ...cluster.homes].flatMap((process) => process.log)
    await writeFile(log, [...real, ...planted(verifier)].join('\n'))
  })

  afterAll(() => open.disposeAsync())

  async function bundle(name: string, more: readonly string[] = []): Promise<Unpacked> {
    const output = join(folder, `${name}.tar.gz`)
    const processes = [...cluster.routers, ...cluster.homes].flatMap(({ adminUrl }) => ['--admin', adminUrl])
    await cluster.command(['support-bundle', ...processes, '--log', log, '--output', output, ...more])
    return await unpacked(output, join(folder, name))
  }

  it('holds what a developer needs, and says what is in it', async () => {
    const files = await bundle('whole')
    const names = ['manifest', 'system', 'config', 'status', 'doctor', 'nats', 'redis/1'].map((name) => `${name}.json`)
    expect([...files.keys()]).toEqual(expect.arrayContaining([...names, 'redis/1-info.txt', 'logs/1-home.log']))
    const manifest = JSON.parse(files.get('manifest.json') ?? '') as Manifest
    expect(manifest.failed).toEqual([])
    expect(manifest.files.map(({ name }) => name).sort()).toEqual(
      [...files.keys()].filter((name) => name !== 'manifest.json').sort(),
    )
    expect(files.get('status.json')).toContain('"home": "hq-1"')
    expect(files.get('redis/1-info.txt')).toContain('redis_version:')
    expect(files.get('redis/1.json')).toContain('"parley:{*}:node:*": 2')
    expect(files.get('nats.json')).toContain('"version": "2.')
    expect(files.get('config.json')).toContain(join(folder, 'cluster.key'))
    expect([...files].filter(([name]) => name.startsWith('metrics/')).map(([, text]) => text)).toEqual([
      expect.stringContaining('role="router"'),
      expect.stringContaining('parley_users_online 2'),
    ])
    expect(files.get('logs/1-home.log')).toContain('"event":"device.signed-in"')
  })

  it('holds nothing that was planted, in no spelling', async () => {
    const files = await bundle('clean')
    const lines = tls.key.split('\n').filter((line) => line !== '' && !line.startsWith('-----'))
    const secrets = [message, natsPassword, urlPassword, clusterKey, verifier, ...users.map(passwordOf), ...lines]
    const spellings = secrets.flatMap((secret) => {
      const bytes = Buffer.from(secret)
      return [secret, bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url'), bytes.toString('hex')]
    })
    const found = [...files].flatMap(([name, text]) =>
      spellings.filter((one) => text.toLowerCase().includes(one.toLowerCase())).map((one) => `${one} in ${name}`),
    )
    expect(found).toEqual([])
  })

  it('names nobody, and has the same pseudonym for the same person everywhere', async () => {
    const files = await bundle('nameless')
    for (const [name, text] of files)
      for (const person of [...users, 'Carol', 'sick']) expect(`${name}: ${text}`).not.toMatch(new RegExp(person, 'i'))
    const text = files.get('logs/1-home.log') ?? ''
    const [pseudonym] = /person-\w+/.exec(files.get('config.json') ?? '') ?? []
    expect(pseudonym).toBeDefined()
    expect(text).toContain(`"node":"http://im.example.com/instmsg/aliases/${pseudonym}"`)
    expect(text).toContain(`"account":"${pseudonym}"`)
    expect(text).toContain(`${pseudonym}@im.example.com could not sign in`)
  })

  it('keeps names, and no secret more, when asked to', async () => {
    const files = await bundle('names', ['--names'])
    expect(files.get('logs/1-home.log')).toContain('http://im.example.com/instmsg/aliases/alicia')
    expect(files.get('logs/1-home.log')).toContain(displayName)
    expect([...files.values()].join('\n')).not.toMatch(
      new RegExp(`${message}|${natsPassword}|${clusterKey}|${verifier}`),
    )
  })

  it('is made of what can be had, and says what could not', async () => {
    const files = await bundle('partly', ['--admin', 'http://127.0.0.1:1', '--log', join(folder, 'absent.log')])
    const { failed } = JSON.parse(files.get('manifest.json') ?? '') as Manifest
    expect(failed.map(({ what }) => what)).toEqual([
      'metrics of the process at http://127.0.0.1:1',
      expect.stringMatching(/absent\.log$/),
    ])
    expect(files.get('status.json')).toBeDefined()
  })
})

async function converse(cluster: ParleyCluster): Promise<void> {
  const server = { port: Number(new URL(cluster.routers[0]?.url ?? '').port) }
  const [first, second] = users
  await using alicia = await ParleyUser.signOn(server, cluster.domain, cluster.account(first))
  await using bobina = await ParleyUser.signOn(server, cluster.domain, cluster.account(second))
  await alicia.send(second, message)
  expect((await bobina.nextMessage()).text).toBe(message)
}

/** Lines that no version of ours should write, and one may. */
function planted(verifier: string): readonly string[] {
  const basic = Buffer.from(`alicia:${passwordOf('alicia')}`).toString('base64')
  return [
    JSON.stringify({
      event: 'auth.failed',
      account: 'alicia',
      peer: '127.0.0.1',
      reason: 'alicia@im.example.com could not sign in',
    }),
    JSON.stringify({
      event: 'request.failed',
      err: { type: 'Error', message: `no <text>${message}</text>`, stack: 'Error' },
    }),
    JSON.stringify({ event: 'request', body: message, headers: { authorization: `Basic ${basic}` } }),
    JSON.stringify({ event: 'auth.failed', message: `HA1 ${verifier} of alicia, key ${clusterKey}` }),
    JSON.stringify({ event: 'nats.problem', detail: `refused ${Buffer.from(natsPassword).toString('base64')}` }),
    JSON.stringify({ event: 'nats.problem', detail: `cannot reach nats://:${urlPassword}@nats:4222` }),
    JSON.stringify({ event: 'nats.malformed', subject: 'parley.status.im,example,com.alicia' }),
    JSON.stringify({ event: 'sync.problem', origin: 'OU=EMEA/Carol', message: `mail is "${displayName}": correct it` }),
    JSON.stringify({ event: 'request', [message]: 1 }),
    `Authorization: Basic ${basic}`,
    `NOTIFY says ${message}`,
    `password=${passwordOf('bobina')}`,
    `    at ${natsPassword} (file:///opt/parley/x.ts:1:2)`,
  ]
}

async function unpacked(archive: string, folder: string): Promise<Unpacked> {
  await mkdir(folder)
  execFileSync('tar', ['-xzf', archive, '--strip-components=1', '-C', folder])
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const files = names.map(({ parentPath, name }) => join(parentPath, name))
  return new Map(
    await Promise.all(
      files.map(async (file) => [file.slice(folder.length + 1), await readFile(file, 'utf8')] as const),
    ),
  )
}
