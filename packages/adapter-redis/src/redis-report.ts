import { Cluster, type Redis } from 'ioredis'
import type { RedisConnection } from './redis-connection.ts'

const mostKeys = 2_000_000
const keysAtOnce = 1_000

/** How a Redis server is: what it says of itself, and no value of any key. */
export interface RedisServerReport {
  readonly server: string
  /** The text of INFO. */
  readonly info: string
  /** Of LATENCY LATEST: event, seconds since 1970, newest and longest milliseconds; or why it may not be asked. */
  readonly latency: readonly (readonly (string | number)[])[] | string
  /** How many keys of ours there are, by their kinds (keys.ts) with `*` for what differs. */
  readonly keys: Readonly<Record<string, number>>
  /** False when there are more than were counted. */
  readonly isAllCounted: boolean
}

/** Asks every primary for what helps to understand it from afar. Rejects with UnavailableError. */
export async function redisReport(
  connection: Pick<RedisConnection, 'run'>,
  prefix: string,
): Promise<readonly RedisServerReport[]> {
  return await connection.run('INFO', async (client) => {
    const servers = client instanceof Cluster ? client.nodes('master') : [client]
    return await Promise.all(servers.map((server) => reportOf(server, prefix)))
  })
}

async function reportOf(server: Redis, prefix: string): Promise<RedisServerReport> {
  const { host, port } = server.options
  const [info, latency, counted] = await Promise.all([server.info(), latencyOf(server), countKeys(server, prefix)])
  return { server: `${host}:${port}`, info, latency, ...counted }
}

/** NOTE: the user that we recommend may not ask; that is no reason to report nothing. */
async function latencyOf(server: Redis): Promise<RedisServerReport['latency']> {
  try {
    const reply: unknown = await server.call('LATENCY', 'LATEST')
    return Array.isArray(reply) ? reply.map((row) => (Array.isArray(row) ? row.map(plain) : [])) : []
  } catch (error) {
    return error instanceof Error ? error.message : 'not told'
  }
}

function plain(value: unknown): string | number {
  return typeof value === 'number' ? value : String(value)
}

async function countKeys(server: Redis, prefix: string): Promise<Pick<RedisServerReport, 'keys' | 'isAllCounted'>> {
  const keys: Record<string, number> = {}
  let counted = 0
  let cursor = '0'
  do {
    const [next, found] = await server.scan(cursor, 'MATCH', `${prefix}:*`, 'COUNT', keysAtOnce)
    cursor = next
    for (const key of found) {
      const kind = keyKind(key, prefix)
      keys[kind] = (keys[kind] ?? 0) + 1
    }
    counted += found.length
  } while (cursor !== '0' && counted < mostKeys)
  return { keys, isAllCounted: cursor === '0' }
}

/** Which row of the table in keys.ts a key belongs to. */
export function keyKind(key: string, prefix: string): string {
  const rest = key.slice(prefix.length + 1)
  const [, home, below = ''] = /^\{([^}]*)\}:(.*)$/s.exec(rest) ?? []
  if (home === undefined) return `${prefix}:${withoutEnd(rest)}`
  return `${prefix}:{${home.startsWith('.') ? home : '*'}}:${withoutEnd(below)}`
}

function withoutEnd(rest: string): string {
  const colon = rest.indexOf(':')
  return colon < 0 ? rest : `${rest.slice(0, colon)}:*`
}
