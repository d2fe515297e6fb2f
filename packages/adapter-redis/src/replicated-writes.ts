import { UnavailableError } from '@parley/protocol'
import type { RedisClient } from './redis-clients.ts'
import type { Script } from './script.ts'

interface Write {
  readonly script: Script
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
  readonly resolve: (reply: unknown) => void
  readonly reject: (reason: unknown) => void
}

const waitMs = 1000
const mostTogether = 1000

/**
 * Writes that count only once enough replicas have them. WAIT speaks of what its own connection has written before and holds that
 * connection up, so scripts go in groups, each with one WAIT behind it; what comes meanwhile makes the next group.
 */
export class ReplicatedWrites {
  readonly #client: RedisClient
  readonly #replicas: number
  /** What waits, by slot; there is an entry while a group of that slot is under way. */
  readonly #waiting = new Map<string, Write[]>()

  constructor(client: RedisClient, replicas: number) {
    this.#client = client
    this.#replicas = replicas
  }

  /** Runs the script; `slot` is the same for keys of one slot. Rejects with errors of ioredis, or UnavailableError. */
  run(slot: string, script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const write: Write = { script, keys, args, resolve, reject }
    const waiting = this.#waiting.get(slot)
    if (waiting) waiting.push(write)
    else {
      this.#waiting.set(slot, [])
      void this.#runGroups(slot, [write])
    }
    return promise
  }

  /** Never rejects: each write hears of its own fate. */
  async #runGroups(slot: string, first: Write[]): Promise<void> {
    for (let group = first; group.length > 0; group = this.#waiting.get(slot)?.splice(0, mostTogether) ?? []) {
      try {
        await this.#runGroup(group)
      } catch (error) {
        for (const { reject } of group) reject(error)
      }
    }
    this.#waiting.delete(slot)
  }

  async #runGroup(group: readonly Write[]): Promise<void> {
    const pipeline = this.#client.pipeline()
    // NOTE: not by EVALSHA: a script that Redis has forgotten would run again after the WAIT, and count without it.
    for (const { script, keys, args } of group) pipeline.eval(script.lua, keys.length, ...keys, ...args)
    pipeline.wait(this.#replicas, waitMs)
    const replies = (await pipeline.exec()) ?? []
    const [waitError, confirmed] = replies[group.length] ?? [new Error('no reply to WAIT')]
    const missing =
      typeof confirmed === 'number' && confirmed < this.#replicas
        ? new UnavailableError('the data store cannot be used now', {
            detail: `only ${confirmed} of ${this.#replicas} replicas have confirmed a write: start the others, or lower \`redis.replicas\``,
          })
        : waitError
    group.forEach(({ resolve, reject }, index) => {
      const [error, reply] = replies[index] ?? [new Error('no reply')]
      if (error ?? missing) reject(error ?? missing)
      else resolve(reply)
    })
  }
}
