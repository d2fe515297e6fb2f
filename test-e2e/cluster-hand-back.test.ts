import { isExpectedError, type RvpClient } from '@parley/client'
import { connect } from '@parley/client/node'
import { describe, expect, it } from 'vitest'
import { eventually } from './cluster/eventually.ts'
import { ParleyCluster } from './cluster/parley-cluster.ts'
import type { ParleyProcess } from './cluster/parley-process.ts'

interface ShownHome {
  readonly home: string
  readonly holder?: string
  readonly standby?: true
}

async function homesOf(cluster: ParleyCluster): Promise<readonly ShownHome[]> {
  const { stdout } = await cluster.tryCommand(['status', '--json'])
  return (JSON.parse(stdout.join('\n')) as { homes: readonly ShownHome[] }).homes
}

/** Resolves once each home is where `holders` says. */
async function heldBy(
  cluster: ParleyCluster,
  holders: Readonly<Record<string, ParleyProcess | undefined>>,
): Promise<void> {
  let shown: readonly ShownHome[] = []
  const wanted = Object.entries(holders)
  const excuse = (): string => `${JSON.stringify(shown)}\n${cluster.logTails()}`
  await eventually(
    'the homes are where they should be',
    60_000,
    async () => {
      shown = await homesOf(cluster)
      return wanted.every(([home, process]) => shown.find((one) => one.home === home)?.holder === process?.url)
    },
    excuse,
  )
}

async function signOn(cluster: ParleyCluster, alias: string): Promise<RvpClient> {
  const { password } = cluster.account(alias)
  const server = cluster.routers[0]?.url ?? ''
  return await connect({ server, domain: cluster.domain, alias, password, device: 'stream' })
}

/** Somebody who says one number after the other, each until it is delivered, as a person does who reads "try again". */
class Talker {
  readonly delivered: number[] = []
  readonly #said: Promise<void>
  #isOver = false

  constructor(client: RvpClient, to: RvpClient) {
    this.#said = this.#talk(client, to)
  }

  async stop(): Promise<void> {
    this.#isOver = true
    await this.#said
  }

  async #talk(client: RvpClient, to: RvpClient): Promise<void> {
    for (let number = 1; !this.#isOver; number += 1) {
      while (!(await this.#say(client, to, number)) && !this.#isOver);
    }
  }

  async #say(client: RvpClient, to: RvpClient, number: number): Promise<boolean> {
    try {
      const outcome = await client.send(to.self, `${number}`)
      if (outcome === 'delivered') this.delivered.push(number)
      return outcome === 'delivered'
    } catch (error) {
      if (isExpectedError(error)) return false
      throw error
    }
  }
}

describe('a home that another process took over', { timeout: 240_000 }, () => {
  it('comes back to its own process, and its users notice a pause and nothing else', async () => {
    await using cluster = await ParleyCluster.start({ users: ['alice', 'bob'], homes: ['hq-1', 'hq-2'] })
    const [first, second] = cluster.homes
    const { stdout } = await cluster.command(['user', 'list', '--json', '--home', 'hq-1'])
    const [there] = JSON.parse(stdout.join('\n')) as { address: string }[]
    const [name = '', other = ''] = there?.address.startsWith('alice@') ? ['alice', 'bob'] : ['bob', 'alice']
    const [user, friend] = [await signOn(cluster, name), await signOn(cluster, other)]
    const states: string[] = []
    friend.on((event) => event.type === 'presence' && event.node === user.self && states.push(event.state))
    await friend.watch(user.self)
    await user.setState('busy')
    const heard: number[] = []
    user.on((event) => event.type === 'message' && heard.push(Number(event.text)))

    await first?.kill()
    await heldBy(cluster, { 'hq-1': second, 'hq-2': second })
    const meanwhile = await cluster.command(['status'])
    expect(meanwhile.stdout).toContain('  hq-1: start "parley home --name hq-1"')
    expect((await homesOf(cluster)).map(({ home, standby }) => [home, standby])).toEqual([
      ['hq-1', true],
      ['hq-2', undefined],
    ])
    await eventually(
      'the first message arrives',
      30_000,
      async () => (await friend.send(user.self, '0')) === 'delivered',
    )
    const talker = new Talker(friend, user)
    await first?.start()
    await heldBy(cluster, { 'hq-1': first, 'hq-2': second })
    const sofar = talker.delivered.length
    await eventually('messages go on', 30_000, () => talker.delivered.length > sofar + 5)
    await talker.stop()
    await user.setState('away')
    await eventually('the watcher sees it', 10_000, () => states.includes('away'))

    // NOTE: once each, since one that nobody knows about is said again.
    expect([...new Set(heard)].filter((number) => talker.delivered.includes(number))).toEqual(talker.delivered)
    expect((await homesOf(cluster)).some(({ standby }) => standby)).toBe(false)
    expect((await cluster.command(['status'])).stdout.at(-1)).toBe('Nothing is degraded.')
    expect(states).not.toContain('offline')
    await Promise.all([user.close(), friend.close()])
  })

  it('leaves three homes each at its own process when these are started anew one after the other', async () => {
    const names = ['hq-1', 'hq-2', 'hq-3']
    await using cluster = await ParleyCluster.start({ users: ['alice'], homes: names })
    const own = Object.fromEntries(names.map((name, at) => [name, cluster.homes[at]]))
    await heldBy(cluster, own)
    for (const home of cluster.homes) await home.restart()
    await heldBy(cluster, own)
    expect((await homesOf(cluster)).map(({ standby }) => standby)).toEqual([undefined, undefined, undefined])
  })

  it('may be held by a process that names none', async () => {
    await using cluster = await ParleyCluster.start({ users: ['alice'], homes: ['hq-1'] })
    const [named] = cluster.homes
    const spare = await cluster.newHome()
    await spare.start()
    await named?.kill()
    await heldBy(cluster, { 'hq-1': spare })
    const alice = await signOn(cluster, 'alice')
    await named?.start()
    await heldBy(cluster, { 'hq-1': named })
    await alice.setState('busy')
    await alice.close()
  })
})
