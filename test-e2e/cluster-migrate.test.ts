import { askRedis } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { ParleyCluster } from './cluster/parley-cluster.ts'

const key = 'parley:format'

async function redis(cluster: ParleyCluster, ...command: string[]): Promise<string> {
  return await askRedis(Number(new URL(cluster.redis.url).port), command)
}

describe('the format of what Redis holds', { timeout: 240_000 }, () => {
  it('is recorded when a cluster starts, and made where it is not', async () => {
    await using cluster = await ParleyCluster.start({ users: ['alice', 'bob'] })
    expect(await cluster.tryCommand(['migrate', '--check'])).toMatchObject({
      code: 0,
      stdout: ['Format 1: nothing to do.'],
    })
    // As a version before has left it.
    await redis(cluster, 'DEL', key)
    expect(await cluster.tryCommand(['migrate', '--check'])).toMatchObject({
      code: 3,
      stdout: ['Format 1 is to be made: run "parley migrate".'],
    })
    const made = await cluster.command(['migrate'])
    expect(made.stdout).toEqual([
      'format 1: reads all that is stored, changes nothing',
      '  the map: 2 entries',
      '  hq-1: 0 nodes',
      'Format 1 is made.',
    ])
    expect(await redis(cluster, 'GET', key)).toContain('{"format":1,"readers":1}')
    expect((await cluster.command(['migrate'])).stdout).toEqual(['Format 1: nothing to do.'])
  })

  it('keeps processes from starting that are too old for it, and says what to do', async () => {
    await using cluster = await ParleyCluster.start({ users: ['alice'] })
    const [home] = cluster.homes
    await redis(cluster, 'SET', key, '{"format":2,"readers":1}')
    await home?.restart()
    await redis(cluster, 'SET', key, '{"format":2,"readers":2}')
    await home?.stop()
    await expect(home?.start()).rejects.toThrow(
      'parley: a newer version of Parley has brought what Redis holds to format 2; this one knows formats up to 1.',
    )
    for (const command of [['status'], ['migrate'], ['migrate', '--check'], ['sync', '--once']]) {
      const { code, stderr } = await cluster.tryCommand(command)
      expect([command, code]).toEqual([command, 1])
      expect(stderr).toContain('Run the newer version, or restore a backup of Redis from before its "parley migrate".')
    }
    await redis(cluster, 'SET', key, 'nonsense')
    expect((await cluster.tryCommand(['status'])).stderr).toContain(
      `parley: the key "${key}" in Redis holds no format: find out which other program writes there`,
    )
  })
})
