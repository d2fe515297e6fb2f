import { attemptBudgetContract, contractAttemptTimes } from '@parley/domain/contracts'
import { describe, expect, it } from 'vitest'
import { AttemptBudgetRedis } from '../src/index.ts'
import { places } from './open-redis.ts'

const limits = { perAccount: 3, perAddress: 2, windowMs: 600_000 }

describe.each(places())('on $name', ({ open }) => {
  attemptBudgetContract(async () => {
    const [first, second] = await open()
    return {
      budget: new AttemptBudgetRedis(first, contractAttemptTimes),
      other: new AttemptBudgetRedis(second, contractAttemptTimes),
      async elapse(ms) {
        // Redis counts whole milliseconds, and a key is still there in its last.
        const end = (await first.time()) + ms + 1
        while ((await first.time()) <= end);
      },
      [Symbol.asyncDispose]: async () => undefined,
    }
  })

  it('keeps neither accounts nor addresses in the clear, in one key an account that runs out', async () => {
    const [connection] = await open()
    const budget = new AttemptBudgetRedis(connection)
    await budget.take('alice@example.com', '192.0.2.77', limits)
    const key = await connection.run('', async (client) => {
      const nodes = 'nodes' in client ? client.nodes('master') : [client]
      const keys = (await Promise.all(nodes.map((node) => node.keys(`${connection.keys.attempts('')}*`)))).flat()
      expect(keys).toHaveLength(1)
      return keys[0] ?? ''
    })
    const kept = [key, ...(await connection.run(key, (client) => client.lrange(key, 0, -1)))].join(' ')
    expect(kept).not.toMatch(/alice|192\.0/)
    expect(await connection.run(key, (client) => client.pttl(key))).toBeGreaterThan(0)
  })

  it('counts what somebody else wrote there, rather than fail open', async () => {
    const [connection] = await open()
    const budget = new AttemptBudgetRedis(connection)
    await budget.take('alice', '192.0.2.1', limits)
    const keys = await connection.run('', async (client) => {
      const nodes = 'nodes' in client ? client.nodes('master') : [client]
      return (await Promise.all(nodes.map((node) => node.keys(`${connection.keys.attempts('')}*`)))).flat()
    })
    const [key = ''] = keys
    await connection.run(key, (client) => client.rpush(key, 'nonsense', '99999999999999999999 x'))
    expect(await budget.take('alice', '192.0.2.2', limits)).toMatchObject({ kind: 'refused' })
    await budget.giveBack('alice', '192.0.2.1', 'right')
    expect(await connection.run(key, (client) => client.llen(key))).toBe(2)
  })

  it('refuses to count when Redis is away', async () => {
    const [connection] = await open()
    const budget = new AttemptBudgetRedis(connection)
    await connection[Symbol.asyncDispose]()
    await expect(budget.take('alice', '192.0.2.1', limits)).rejects.toMatchObject({ status: 503 })
    await expect(budget.giveBack('alice', '192.0.2.1', 'right')).rejects.toMatchObject({ status: 503 })
  })
})
