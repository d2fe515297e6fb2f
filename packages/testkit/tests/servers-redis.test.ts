import { describe, expect, it } from 'vitest'
import { startRedis, startRedisCluster, startRedisSentinel } from '../src/index.ts'
import { askRedis } from '../src/servers/ask-redis.ts'
import { until } from '../src/servers/until.ts'

describe('a Redis server of a test', () => {
  it('keeps what it has answered for over a kill', async () => {
    await using redis = await startRedis()
    expect(redis.url).toBe(`redis://127.0.0.1:${redis.port}`)
    expect(await askRedis(redis.port, ['SET', 'home', 'hq-1'])).toBe('+OK\r\n')
    await redis.kill()
    await redis.kill()
    await expect(askRedis(redis.port, ['PING'])).rejects.toThrow('ECONNREFUSED')
    await redis.restart()
    expect(await askRedis(redis.port, ['GET', 'home'])).toBe('$4\r\nhq-1\r\n')
  })

  it('keeps it over a restart while it runs', async () => {
    await using redis = await startRedis()
    await askRedis(redis.port, ['SET', 'home', 'hq-1'])
    await redis.restart()
    expect(await askRedis(redis.port, ['GET', 'home'])).toBe('$4\r\nhq-1\r\n')
  })

  it('answers nothing while it is paused, and goes on afterwards', async () => {
    await using redis = await startRedis()
    await redis.pause()
    await redis.pause()
    const signal = AbortSignal.timeout(300)
    await expect(askRedis(redis.port, ['PING'], { signal })).rejects.toThrow('aborted')
    await redis.resume()
    await redis.resume()
    expect(await askRedis(redis.port, ['PING'])).toBe('+PONG\r\n')
  })

  it('can be killed, started again and disposed of while it is paused', async () => {
    await using redis = await startRedis()
    await redis.pause()
    await redis.kill()
    await redis.restart()
    expect(await askRedis(redis.port, ['PING'])).toBe('+PONG\r\n')
    await redis.pause()
  })

  it('takes directives and files', async () => {
    const config = { requirepass: 'secret', include: 'more.conf' }
    await using redis = await startRedis({ config, files: { 'more.conf': 'maxclients 77\n' } })
    expect(await askRedis(redis.port, ['PING'])).toMatch(/^-NOAUTH /)
    expect(await askRedis(redis.port, ['CONFIG', 'GET', 'maxclients'], { password: 'secret' })).toContain('\r\n77\r\n')
  })

  it('says why it does not start', async () => {
    await expect(startRedis({ config: { nonsense: 'yes' } })).rejects.toThrow('nonsense yes')
  })
})

describe('a Redis Cluster of a test', () => {
  it('serves all slots, again after a master was away', async () => {
    await using cluster = await startRedisCluster()
    const [first, second] = cluster.masters
    expect(await askRedis(second?.port ?? 0, ['CLUSTER', 'INFO'])).toContain('cluster_slots_ok:16384\r\n')
    await first?.kill()
    await first?.restart()
    await cluster.ready()
    expect(await askRedis(first?.port ?? 0, ['CLUSTER', 'INFO'])).toContain('cluster_state:ok\r\n')
  })
})

describe('a Redis master with sentinels', () => {
  it('gives way to its replica once it is killed', async () => {
    await using group = await startRedisSentinel()
    expect(await group.masterPort()).toBe(group.master.port)
    await askRedis(group.master.port, ['SET', 'home', 'hq-1'])
    await askRedis(group.master.port, ['WAIT', '1', '5000'])
    await group.master.kill()
    await until('the replica is master', async () => (await group.masterPort()) === group.replica.port)
    expect(await askRedis(group.replica.port, ['GET', 'home'])).toBe('$4\r\nhq-1\r\n')
  })
})
