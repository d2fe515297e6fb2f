import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../cluster/eventually.ts'
import { FaultScenario } from './fault-scenario.ts'
import type { Judgement } from './population.ts'
import type { Fault } from './trial.ts'

const seed = Number(process.env.PARLEY_FAULT_SEED ?? randomInt(2 ** 31))
const unnoticed: Judgement = { unnoticed: true }
const twoMinutesAhead = ['--import', join(import.meta.dirname, '../cluster/two-minutes-ahead.ts')]

describe(`a cluster under faults, PARLEY_FAULT_SEED=${seed}`, () => {
  let scenario: FaultScenario

  beforeAll(async () => {
    scenario = await FaultScenario.start(seed)
  })
  afterAll(async () => {
    await scenario?.[Symbol.asyncDispose]()
  })

  async function survives(fault: Fault, judgement?: Judgement): Promise<void> {
    try {
      await scenario.survive(fault, judgement)
    } catch (error) {
      throw new Error(`PARLEY_FAULT_SEED=${seed}; the ends of the logs:\n${scenario.logTails()}`, { cause: error })
    }
  }

  it('serves on when nothing happens', async () => {
    await survives((traffic) => scenario.workOn(traffic), unnoticed)
  })

  it('survives kill -9 of a router (promises 1 to 3)', async () => {
    const [router] = scenario.cluster.routers
    await survives(async (traffic) => {
      await router?.kill()
      await scenario.workOn(traffic)
      await router?.start()
    })
  })

  it('survives a router that hangs (promises 1 to 3)', async () => {
    const router = scenario.cluster.routers[1]
    await survives(async (traffic) => {
      router?.pause()
      await eventually('the balancer knows', 10_000, () => scenario.balancer.healthOf(router) === 'away')
      router?.resume()
      await scenario.workOn(traffic)
    })
  })

  it('survives kill -9 of a home, which another takes over within 10 s (promises 1 to 3)', async () => {
    const { process } = await scenario.busiestHome()
    await survives(async (traffic) => {
      await process.kill()
      await scenario.takenOver()
      await scenario.workOn(traffic)
    })
    await process.start()
  })

  it('survives a home that hangs and wakes up after another one has taken it over (promises 1 to 3)', async () => {
    const { process } = await scenario.busiestHome()
    await survives(async (traffic) => {
      process.pause()
      await scenario.takenOver()
      await scenario.workOn(traffic)
      process.resume()
    })
  })

  it('survives kill -9 of Redis, and its restart (promises 1 to 3)', async () => {
    const { redis } = scenario.cluster
    await survives(async (traffic) => {
      await redis.kill()
      await scenario.workOn(traffic, 'long')
      await redis.restart()
    })
  })

  it('survives a Redis that hangs (promises 1 to 3)', async () => {
    const { redis } = scenario.cluster
    await survives(async (traffic) => {
      await redis.pause()
      await scenario.workOn(traffic, 'long')
      await redis.resume()
    })
  })

  it('survives kill -9 of a NATS server, and its restart (promises 2 and 3)', async () => {
    const [server] = scenario.nats.servers
    await survives(async (traffic) => {
      await server?.kill()
      await scenario.workOn(traffic)
      await server?.restart()
    })
  })

  it('survives a NATS server that hangs (promises 2 and 3)', async () => {
    const server = scenario.nats.servers[1]
    await survives(async (traffic) => {
      await server?.pause()
      await scenario.workOn(traffic, 'long')
      await server?.resume()
    })
  })

  it('survives NATS servers that do not see each other (promises 2 and 3)', async () => {
    await scenario.spreadOverNats()
    await survives(async (traffic) => {
      await scenario.nats.part()
      await scenario.workOn(traffic, 'long')
      await scenario.nats.join()
    })
  })

  it('hands homes over at a planned stop, and nobody notices (promises 1 to 3)', async () => {
    const { process } = await scenario.busiestHome()
    await survives(async (traffic) => {
      await process.stop()
      await scenario.workOn(traffic)
    }, unnoticed)
    await process.start()
  })

  it('moves users while they are signed in, and nobody notices (promises 1 to 3)', async () => {
    await survives(async (traffic) => {
      const movers = scenario.population.people.slice(0, 60).map(({ alias }) => alias)
      await scenario.cluster.command(['user', 'move', ...movers, '--to', 'hq-2'])
      await scenario.workOn(traffic)
    }, unnoticed)
  })

  it('is upgraded one process after another, and nobody notices (promises 1 to 3)', { timeout: 120_000 }, async () => {
    const { routers, homes } = scenario.cluster
    await survives(async (traffic) => {
      for (const process of [...routers, ...homes]) {
        await process.restart()
        await traffic.more(40)
      }
      for (const server of scenario.nats.servers) await server.restart()
      await scenario.nats.joined()
    }, unnoticed)
  })

  it('does no harm with the clock of one home two minutes ahead (promises 1 to 3)', async () => {
    const { process } = await scenario.busiestHome()
    await survives(async (traffic) => {
      await process.restart(twoMinutesAhead)
      const other = await scenario.busiestHome()
      await other.process.restart()
      await scenario.workOn(traffic)
    }, unnoticed)
    expect(await scenario.heldBy(process)).not.toEqual([])
    const warnings = process.log.filter((line) => line.includes('differs from that of Redis by'))
    expect(warnings).toEqual([expect.stringContaining('by 120 s: set up NTP')])
    await process.restart()
  })

  it('shows nobody online past the lease whose device and home have died (promise 2)', async () => {
    const leaseSeconds = 10
    const { person, watchers } = await scenario.shortLived(leaseSeconds)
    const { process, names } = await scenario.busiestHome()
    await scenario.cluster.command(['user', 'move', person.alias, '--to', names[0] ?? ''])
    expect(watchers.map(({ client }) => client.stateOf(person.node))).toEqual(watchers.map(() => 'online'))
    await person.vanish()
    await process.kill()
    const isGone = (): boolean => watchers.every(({ client }) => client.stateOf(person.node) === 'offline')
    await eventually('all watchers see the end of the lease', leaseSeconds * 1_000 + 10_000, isGone)
    await process.start()
  })
})
