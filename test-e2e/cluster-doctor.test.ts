import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startNats, startRedis } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { ParleyCluster } from './cluster/parley-cluster.ts'
import { writeUsersFile } from './cluster/users-file.ts'
import { parley } from './running-command.ts'
import { temporaryFolder } from './work-folder.ts'

interface Finding {
  readonly level: 'ok' | 'warn' | 'fail'
  readonly what: string
  readonly todo?: string
}

/** NOTE: but what it says of users: those of these tests can sign in under one spelling of their name only. */
function toMend(stdout: readonly string[]): string[] {
  const findings = JSON.parse(stdout.join('\n')) as Finding[]
  return findings
    .filter(({ level, todo }) => level !== 'ok' && !todo?.startsWith('parley user '))
    .map(({ level, what, todo }) => `${level}: ${what}: ${todo}`)
}

/** Writes a configuration and all files that it names; `sections` are added to it. */
async function writeConfig(folder: string, sections: Readonly<Record<string, object>>): Promise<string> {
  const files = { key: join(folder, 'cluster.key'), password: join(folder, 'nats.password') }
  for (const file of Object.values(files)) await writeFile(file, 'secret'.repeat(8), { mode: 0o600 })
  const users = join(folder, 'users.yaml')
  await writeUsersFile(users, ['alice'])
  const config = {
    domains: [{ name: 'im.example.com' }],
    users,
    cluster: { keys: [{ id: 'k1', file: files.key }] },
    ...sections,
    nats: { user: 'parley', passwordFile: files.password, servers: ['nats://127.0.0.1:1'], ...sections.nats },
  }
  const path = join(folder, 'cluster.yaml')
  await writeFile(path, JSON.stringify(config))
  return path
}

describe('parley doctor for a cluster', { timeout: 60_000 }, () => {
  it('finds nothing to mend in one that is well, and says what to do about a home that died', async () => {
    await using cluster = await ParleyCluster.start({
      users: ['alice', 'bob'],
      homes: ['hq-1', 'hq-2'],
    })
    const well = await cluster.command(['doctor', '--json'])
    expect(toMend(well.stdout)).toEqual([])
    expect(well.stdout.join('\n')).toMatch(/hq-1 is held by http:[^"]*: 1 users, 0 online/)
    for (const home of cluster.homes) await home.kill()
    const ill = await cluster.tryCommand(['doctor', '--json'])
    expect(ill.code).toBe(1)
    expect(toMend(ill.stdout)).toEqual([
      expect.stringMatching(/^fail: (hq-1 cannot be asked from here|nobody holds hq-1)/),
      expect.stringMatching(/^fail: (hq-2 cannot be asked from here|nobody holds hq-2)/),
    ])
  })

  it('knows a Redis that forgets, a map without the users, and a NATS with too few permissions', async () => {
    await using folder = await temporaryFolder('doctor')
    const anywhere = await writeConfig(folder.path, { redis: { url: 'redis://127.0.0.1:1' } })
    const { stdout } = await parley(['nats-users', '--config', anywhere])
    await using nats = await startNats({ config: stdout.join('\n') })
    await using redis = await startRedis({ config: { appendonly: 'no' } })
    const config = async (prefix: string) =>
      await writeConfig(folder.path, { redis: { url: redis.url }, nats: { servers: [nats.url], prefix } })

    const allowed = await parley(['doctor', '--json', '--config', await config('parley')])
    expect(allowed.code).toBe(0)
    expect(toMend(allowed.stdout)).toEqual([
      expect.stringMatching(/^warn: Redis keeps its data in memory only .*: set "appendonly yes"$/),
      'warn: there is no home yet: parley home --config FILE --name NAME',
      expect.stringMatching(/^warn: not in the directory map, .*alice: parley sync/),
    ])
    const forbidden = await parley(['doctor', '--json', '--config', await config('other')])
    expect(forbidden.code).toBe(1)
    expect(toMend(forbidden.stdout).at(-1)).toMatch(/^fail: .*forbids what a home does: give its NATS user/)
  })

  it('says which file to mend, and asks nobody while one cannot be read', async () => {
    await using folder = await temporaryFolder('doctor')
    const redis = { url: 'redis://127.0.0.1:1', passwordFile: join(folder.path, 'none') }
    const { code, stdout } = await parley(['doctor', '--json', '--config', await writeConfig(folder.path, { redis })])
    expect(code).toBe(1)
    expect(toMend(stdout)).toEqual([
      expect.stringMatching(/^fail: cannot read .*none, which "redis.passwordFile" names/),
    ])
  })
})
