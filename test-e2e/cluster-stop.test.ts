import { connect } from '@parley/client/node'
import { describe, expect, it } from 'vitest'
import { eventually } from './cluster/eventually.ts'
import { ParleyCluster } from './cluster/parley-cluster.ts'
import type { ParleyProcess } from './cluster/parley-process.ts'

async function statusOf(process: ParleyProcess | undefined, path: string): Promise<number> {
  return (await fetch(`${process?.adminUrl}/${path}`)).status
}

async function signOn(cluster: ParleyCluster, router: ParleyProcess | undefined, alias: string) {
  const { password } = cluster.account(alias)
  return await connect({ server: router?.url ?? '', domain: cluster.domain, alias, password, device: 'stream' })
}

describe('a router that is stopped', { timeout: 240_000 }, () => {
  it('says at once that it is not ready, and serves those who still come, for leaveSeconds', async () => {
    await using cluster = await ParleyCluster.start({ users: ['alice', 'bob'], settings: { leaveSeconds: 600 } })
    const [router] = cluster.routers
    const alice = await signOn(cluster, router, 'alice')
    const stopped = router?.stop()
    await eventually('the router is not ready', 5_000, async () => (await statusOf(router, 'readyz')) === 503)
    expect([await statusOf(router, 'healthz'), await statusOf(router, 'servingz')]).toEqual([200, 200])
    const plain = await fetch(`${router?.url}/nothing`)
    expect(plain.headers.get('connection')).toBe('close')
    const bob = await signOn(cluster, router, 'bob')
    expect(await bob.send(alice.self, 'still here?')).toBe('delivered')
    await Promise.all([alice.close(), bob.close()])
    await router?.kill()
    await stopped
  })
})

describe('Redis that is away', { timeout: 240_000 }, () => {
  it('takes no process out of service, and has none started anew', async () => {
    await using cluster = await ParleyCluster.start({ users: ['alice'] })
    const processes = [...cluster.routers, ...cluster.homes]
    await cluster.redis.kill()
    await eventually(
      'the home notices',
      20_000,
      () => cluster.homes[0]?.log.some((line) => line.includes('home.leases-away')) ?? false,
    )
    for (const process of processes) {
      expect([await statusOf(process, 'healthz'), await statusOf(process, 'readyz')]).toEqual([200, 200])
    }
  })
})
