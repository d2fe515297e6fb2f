import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type RunningSlapd, startSlapd } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { eventually } from '../cluster/eventually.ts'
import { ParleyCluster } from '../cluster/parley-cluster.ts'
import { ParleyUser } from '../parley-user.ts'
import { temporaryFolder } from '../work-folder.ts'

const soonMs = 20_000

/** Two homes and a router whose users are in slapd, some with IM passwords of their own, and a `parley sync` that follows it. */
async function open(slapd: RunningSlapd, open: AsyncDisposableStack): Promise<ParleyCluster> {
  const { path } = open.use(await temporaryFolder('directory'))
  const [ca, passwordFile] = [join(path, 'ca.pem'), join(path, 'password')]
  await writeFile(ca, slapd.ca)
  await writeFile(passwordFile, slapd.service.password, { mode: 0o600 })
  const directory = {
    preset: 'openldap',
    servers: [slapd.tlsUrl],
    tls: { ca },
    bind: { dn: slapd.service.dn, passwordFile },
    base: `ou=people,${slapd.base}`,
    pollSeconds: 0.2,
  }
  const users = ['alice', 'bob', 'carol', 'dave']
  const homes = ['hq-1', 'hq-2']
  const cluster = open.use(await ParleyCluster.start({ users, homes, settings: { directory } }))
  await (await cluster.newSync()).start()
  return cluster
}

describe('what changes in the directory reaches who is signed in', { timeout: 240_000 }, () => {
  it('newcomers sign in, the renamed keep their watchers, and who is removed is signed off', async () => {
    await using slapd = await startSlapd({ users: [{ account: 'alice' }, { account: 'bob' }, { account: 'carol' }] })
    await using stack = new AsyncDisposableStack()
    const cluster = await open(slapd, stack)
    const server = { port: Number(new URL(cluster.routers[0]?.url ?? '').port) }
    const signOn = (name: string): Promise<ParleyUser> =>
      ParleyUser.signOn(server, cluster.domain, cluster.account(name))
    const dnOf = (account: string): string => `uid=${account},ou=people,${slapd.base}`
    await using alice = await signOn('alice')
    await using bob = await signOn('bob')
    await using carol = await signOn('carol')
    await bob.setState('busy')
    await carol.setState('online')
    expect(await alice.addContact('bob')).toBe('busy')
    expect(await alice.addContact('carol')).toBe('online')

    await slapd.addUser({ account: 'dave' })
    await eventually('dave signs in', soonMs, async () => {
      await using dave = await signOn('dave')
      await dave.setState('online')
      return true
    })

    await slapd.rename(dnOf('carol'), dnOf('caroline'))
    const atFormerUrl = {
      method: 'PROPFIND',
      url: 'http://im.example.com/instmsg/aliases/carol',
      headers: [['Depth', '0']],
      body: '<d:propfind xmlns:d="DAV:"><d:prop><d:displayname/></d:prop></d:propfind>',
    } as const
    await eventually('the old URL leads to the new one', soonMs, async () => {
      const { status, url } = await alice.ask(atFormerUrl)
      return status === 207 && new URL(url).pathname === '/instmsg/aliases/caroline'
    })
    await carol.setState('away')
    await alice.seesBecome('carol', 'away')

    await slapd.remove(dnOf('bob'))
    await alice.seesBecome('bob', 'offline')
    await expect(signOn('bob')).rejects.toThrow('403')
  })
})
