import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { KillScenario } from './kill/kill-scenario.ts'
import { SeededRandom } from './seeded-random.ts'

const kills = 100
/** Servers that are killed at the same time, each by its own script. */
const servers = 2

describe('parley serve and kill -9, promises 1 to 3', () => {
  it(`loses no acknowledged subscription, access list, contact or state in ${kills} kills`, {
    timeout: 300_000,
  }, async () => {
    const seed = Number(process.env.PARLEY_KILL_SEED ?? randomInt(2 ** 31))
    console.log(`to play it again: PARLEY_KILL_SEED=${seed}`)
    const random = new SeededRandom(seed)
    const runs = Array.from({ length: servers }, () => killRepeatedly(random.fork(), kills / servers))
    for (const { answers, messages } of await Promise.all(runs)) {
      expect(answers).toBeGreaterThan(kills)
      expect(messages).toBeGreaterThan(0)
    }
  })
})

async function killRepeatedly(random: SeededRandom, times: number): Promise<{ answers: number; messages: number }> {
  await using scenario = await KillScenario.start(random)
  for (let kill = 1; kill <= times; kill += 1) {
    try {
      await scenario.killOnce()
    } catch (error) {
      throw new Error(`kill ${kill}; the server's log:\n${scenario.logTail()}`, { cause: error })
    }
  }
  await scenario.checkStream()
  return scenario.acknowledged
}
