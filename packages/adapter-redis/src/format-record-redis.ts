import { CorruptStoreError, type FormatRecord, type StoredFormat } from '@parley/domain'
import { z } from 'zod'
import type { RedisConnection } from './redis-connection.ts'
import { script } from './script.ts'

/** KEYS: the record. ARGV: what must be there, empty for nothing; what comes there. */
const replaceScript = script(`
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`)

const formatSchema = z.strictObject({ format: z.int().min(1), readers: z.int().min(1) })

/** The format of what is in Redis, in a key of its own. */
export class FormatRecordRedis implements FormatRecord {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  async read(): Promise<StoredFormat | undefined> {
    const key = this.#connection.keys.format
    const text = await this.#connection.run(key, (client) => client.get(key))
    if (text === null) return undefined
    try {
      return formatSchema.parse(JSON.parse(text))
    } catch {
      throw new CorruptStoreError(
        `the key "${key}" in Redis holds no format: find out which other program writes there`,
      )
    }
  }

  async replace(before: StoredFormat | undefined, next: StoredFormat): Promise<boolean> {
    const args = [before ? textOf(before) : '', textOf(next)]
    return (await this.#connection.runScript(replaceScript, [this.#connection.keys.format], args)) === 1
  }

  async isEmpty(): Promise<boolean> {
    const { keys } = this.#connection
    const found = await Promise.all(
      [keys.homes, keys.sync('state')].map((key) => this.#connection.run(key, (client) => client.exists(key))),
    )
    return found.every((count) => count === 0)
  }
}

function textOf({ format, readers }: StoredFormat): string {
  return JSON.stringify({ format, readers })
}
