import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LocationsRedis, RedisConnection, redisConfig, SyncStoreRedis } from '@parley/adapter-redis'
import type { MapEntry } from '@parley/domain'
import { type RunningServer, type RunningSlapd, startRedis, startSlapd, testPort } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { eventually } from './cluster/eventually.ts'
import { ParleyProcess } from './cluster/parley-process.ts'
import { writeUsersFile } from './cluster/users-file.ts'
import { type Finished, parley } from './running-command.ts'
import { temporaryFolder } from './work-folder.ts'

const soonMs = 10_000
/** Long enough for the lease of a process that was killed to run out. */
const takeoverMs = 30_000

/** Redis, a place where users come from, and `parley sync`s that bring them into the map. */
class Installation implements AsyncDisposable {
  readonly map: LocationsRedis
  readonly store: SyncStoreRedis
  readonly #configFile: string
  readonly #open: AsyncDisposableStack

  private constructor(connection: RedisConnection, configFile: string, open: AsyncDisposableStack) {
    this.map = new LocationsRedis(connection)
    this.store = new SyncStoreRedis(connection)
    this.#configFile = configFile
    this.#open = open
  }

  /** `settings` get a function that writes a file, and give the sections of the configuration that name the users. */
  static async start(
    settings: (file: (name: string, content: string) => Promise<string>) => Promise<Readonly<Record<string, unknown>>>,
  ): Promise<Installation> {
    await using open = new AsyncDisposableStack()
    const folder = open.use(await temporaryFolder('sync'))
    const file = async (name: string, content: string): Promise<string> => {
      const path = join(folder.path, name)
      await writeFile(path, content, { mode: 0o600 })
      return path
    }
    const redis: RunningServer = open.use(await startRedis())
    const config = {
      domains: [{ name: 'im.example.com' }],
      redis: { url: redis.url },
      nats: { servers: ['nats://127.0.0.1:1'] },
      cluster: { keys: [{ id: 'k1', file: await file('cluster.key', randomBytes(32).toString('hex')) }] },
      sync: { homes: ['hq-1', 'oslo-1'] },
      ...(await settings(file)),
    }
    const configFile = await file('cluster.yaml', JSON.stringify(config))
    const connection = open.use(await RedisConnection.open({ config: redisConfig.parse({ url: redis.url }) }))
    return new Installation(connection, configFile, open.move())
  }

  /** A process that goes on, not yet started. */
  async sync(name: string, ...words: readonly string[]): Promise<ParleyProcess> {
    const admin = `127.0.0.1:${await testPort()}`
    const command = ['sync', '--config', this.#configFile, '--admin', admin, ...words]
    return this.#open.use(new ParleyProcess(name, { url: '', adminUrl: `http://${admin}`, words: command }))
  }

  async command(...words: readonly string[]): Promise<Finished> {
    return await parley([...words, '--config', this.#configFile])
  }

  async aliases(): Promise<readonly string[]> {
    const entries = await Array.fromAsync(this.map.all())
    return entries.map(({ node }) => node.slice(node.lastIndexOf('/') + 1)).sort()
  }

  async entry(alias: string): Promise<MapEntry | undefined> {
    return (await Array.fromAsync(this.map.all())).find(({ node }) => node.endsWith(`/${alias}`))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }
}

/** An installation whose users are in slapd. */
async function withSlapd(slapd: RunningSlapd, more: Readonly<Record<string, unknown>> = {}): Promise<Installation> {
  return await Installation.start(async (file) => ({
    directory: {
      preset: 'openldap',
      servers: [slapd.tlsUrl],
      tls: { ca: await file('ca.pem', slapd.ca) },
      bind: { dn: slapd.service.dn, passwordFile: await file('password', slapd.service.password) },
      base: `ou=people,${slapd.base}`,
      pollSeconds: 0.2,
      ...more,
    },
  }))
}

const people = (count: number) => Array.from({ length: count }, (_, at) => ({ account: `user${at}` }))
const dnOf = (slapd: RunningSlapd, account: string): string => `uid=${account},ou=people,${slapd.base}`
const runsOf = (process: ParleyProcess): readonly string[] =>
  process.log.filter((line) => line.includes('"event":"sync.ran"'))

describe('parley sync with the users file', () => {
  it('brings its users into the map, and follows the file', async () => {
    let usersFile = ''
    await using installation = await Installation.start(async (file) => {
      usersFile = await file('users.yaml', '')
      await writeUsersFile(usersFile, ['alice', 'bob'])
      return { users: usersFile }
    })
    const dry = await installation.command('sync', '--dry-run')
    expect(dry.stdout.slice(0, 2).map((line) => line.split(' ').slice(0, 2))).toEqual([
      ['+', 'http://im.example.com/instmsg/aliases/alice'],
      ['+', 'http://im.example.com/instmsg/aliases/bob'],
    ])
    expect(await installation.aliases()).toEqual([])
    const sync = await installation.sync('sync')
    await sync.start()
    await eventually('alice and bob are there', soonMs, async () => `${await installation.aliases()}` === 'alice,bob')
    await writeUsersFile(usersFile, ['alice', 'carol'])
    await eventually('carol is there', soonMs, async () => `${await installation.aliases()}` === 'alice,carol')
    await sync.stop()
    expect(await installation.store.holder()).toBeUndefined()
    expect(sync.logTail()).toContain('sync.stopped')
  })
})

describe('parley sync with OpenLDAP', () => {
  it('follows what is added, changed, renamed and removed', async () => {
    await using slapd = await startSlapd({ users: people(3) })
    await using installation = await withSlapd(slapd)
    const sync = await installation.sync('sync')
    await sync.start()
    await eventually('all are there', soonMs, async () => (await installation.aliases()).length === 3)
    const home = (await installation.entry('user1'))?.home
    await slapd.addUser({ account: 'new' })
    await slapd.set(dnOf(slapd, 'user0'), 'displayName', 'Somebody Else')
    await slapd.rename(dnOf(slapd, 'user1'), dnOf(slapd, 'married'))
    await slapd.remove(dnOf(slapd, 'user2'))
    await eventually('all of it has arrived', soonMs, async () => {
      const isChanged = (await installation.entry('user0'))?.displayName === 'Somebody Else'
      return isChanged && `${await installation.aliases()}` === 'married,new,user0'
    })
    expect(await installation.entry('married')).toMatchObject({ home })
  })

  it('is done by one of two; the other one goes on when that is killed, without reading everything again', async () => {
    await using slapd = await startSlapd({ users: people(20) })
    await using installation = await withSlapd(slapd)
    const [first, second] = [await installation.sync('first'), await installation.sync('second')]
    await first.start()
    await eventually('all are there', soonMs, async () => (await installation.aliases()).length === 20)
    await second.start()
    await eventually('the second stands by', soonMs, () => second.log.some((line) => line.includes('sync.standby')))
    expect(runsOf(second)).toEqual([])
    await eventually('the first run is through, and kept how far it came', soonMs, () => runsOf(first).length > 0)
    await first.kill()
    await slapd.addUser({ account: 'new' })
    await eventually('the second has taken over', takeoverMs, async () =>
      (await installation.aliases()).includes('new'),
    )
    expect(runsOf(second).every((line) => line.includes('"read":"changes"'))).toBe(true)
    await second.stop()
    await first.start()
    await slapd.remove(dnOf(slapd, 'new'))
    await eventually('it is gone', soonMs, async () => !(await installation.aliases()).includes('new'))
    expect(runsOf(first).filter((line) => line.includes('"read":"everything"'))).toHaveLength(1)
  })

  it('refuses to remove most users until somebody allows it, and shows that in parley status', async () => {
    await using slapd = await startSlapd({ users: people(20) })
    await using installation = await withSlapd(slapd)
    const sync = await installation.sync('sync')
    await sync.start()
    await eventually('all are there', soonMs, async () => (await installation.aliases()).length === 20)
    await sync.stop()
    for (let at = 0; at < 10; at++) await slapd.remove(dnOf(slapd, `user${at}`))
    await sync.start()
    await eventually('it is refused', soonMs, () => sync.log.some((line) => line.includes('sync.refused')))
    const status = (await installation.command('status')).stdout.join('\n')
    expect(status).toContain('10 of 20 users would be removed')
    expect(status).toContain('parley sync --config FILE --once --most-removed 0.5')
    expect(await installation.aliases()).toHaveLength(20)
    const dry = await installation.command('sync', '--dry-run')
    expect(dry.stdout.filter((line) => line.startsWith('- '))).toHaveLength(10)
    expect(dry.stderr.join('\n')).toContain('--most-removed 0.5')
    expect(dry.code).toBe(1)
    expect((await installation.command('sync', '--once', '--most-removed', '0.5')).stdout[0]).toContain('10 removed')
    expect(await installation.aliases()).toHaveLength(10)
  })

  it('says once that the directory is away, and goes on when it is back', async () => {
    await using slapd = await startSlapd({ users: people(2) })
    await using installation = await withSlapd(slapd)
    const sync = await installation.sync('sync')
    await sync.start()
    await eventually('all are there', soonMs, async () => (await installation.aliases()).length === 2)
    await slapd.kill()
    await eventually('it is missed', soonMs, () => sync.log.some((line) => line.includes('sync.away')))
    expect(await installation.aliases()).toHaveLength(2)
    await slapd.restart()
    await slapd.addUser({ account: 'new' })
    await eventually('it goes on', takeoverMs, async () => (await installation.aliases()).includes('new'))
    expect(sync.log.filter((line) => line.includes('sync.away'))).toHaveLength(1)
    expect(await installation.store.problems()).toEqual([])
  })

  it('names both who claim one address, and leaves everybody else working', async () => {
    const mail = 'shared@example.com'
    await using slapd = await startSlapd({ users: [...people(3), { account: 'x', mail }, { account: 'y', mail }] })
    await using installation = await withSlapd(slapd)
    const once = await installation.command('sync', '--once')
    expect(once.code).toBe(0)
    const complaints = once.stdout.filter((line) => line.startsWith('!'))
    expect(complaints.map((line) => /uid=(\w+)/.exec(line)?.[1]).sort()).toEqual(['x', 'y'])
    expect(await installation.aliases()).toHaveLength(5)
    expect(await installation.map.named(mail)).toBeUndefined()
  })

  it('keeps the members of group nodes, as users come and are renamed', async () => {
    await using slapd = await startSlapd({ users: people(2) })
    const groups = { base: `ou=groups,${slapd.base}`, filter: '(cn=staff)' }
    await slapd.add(`cn=staff,ou=groups,${slapd.base}`, {
      objectClass: 'groupOfNames',
      cn: 'staff',
      member: ['user0', 'user1'].map((account) => dnOf(slapd, account)),
    })
    await using installation = await withSlapd(slapd, { groups })
    const sync = await installation.sync('sync')
    await sync.start()
    const members = async (): Promise<string> => {
      const group = await installation.entry('staff')
      const nodes = group && (await installation.map.membersOf(group.node))
      return `${nodes?.map((node) => node.slice(node.lastIndexOf('/') + 1)).sort()}`
    }
    await eventually('both are members', soonMs, async () => (await members()) === 'user0,user1')
    await slapd.rename(dnOf(slapd, 'user1'), dnOf(slapd, 'married'))
    await eventually('the new name is a member', soonMs, async () => (await members()) === 'married,user0')
  })

  it('tells how it is to machines', async () => {
    await using slapd = await startSlapd({ users: people(2) })
    await using installation = await withSlapd(slapd)
    const sync = await installation.sync('sync')
    await sync.start()
    await eventually('all are there', soonMs, async () => (await installation.aliases()).length === 2)
    expect((await fetch(`${sync.adminUrl}/healthz`)).status).toBe(200)
    expect((await fetch(`${sync.adminUrl}/readyz`)).status).toBe(200)
    const metrics = async () => await (await fetch(`${sync.adminUrl}/metrics`)).text()
    await eventually('it is counted', soonMs, async () => (await metrics()).includes('parley_sync_users 2'))
    expect(await metrics()).toContain('parley_sync_active 1')
    const dry = await installation.command('sync', '--dry-run', '--json')
    expect(JSON.parse(dry.stdout.join('\n'))).toMatchObject({ changes: [], result: { users: 2, added: 0 } })
  })
})
