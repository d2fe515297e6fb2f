import { Cluster, type Redis } from 'ioredis'
import type { RedisClient } from './redis-clients.ts'
import type { RedisCondition } from './redis-events.ts'
import { RedisSetupError } from './redis-fault.ts'

const oldestMajor = 7

/**
 * Looks at what was connected to: throws RedisSetupError for a server that is too old, and reports settings under which
 * acknowledged data would be lost. What the server does not tell is taken to be right.
 */
export async function checkServer(client: RedisClient, condition: RedisCondition): Promise<void> {
  const servers = client instanceof Cluster ? client.nodes('master') : [client]
  for (const server of servers) {
    const version = /^redis_version:([0-9.]+)/m.exec(await answered(server.info('server')))?.[1]
    if (version !== undefined && Number.parseInt(version, 10) < oldestMajor)
      throw new RedisSetupError(`Redis ${version} is too old: Parley needs Redis 7 or later, or Valkey`)
  }
  const settings = await Promise.all(servers.map(readSettings))
  report(
    condition,
    'persistence',
    settings.some(({ appendonly, save }) => appendonly === 'no' && save === ''),
    'Redis keeps its data in memory only and loses it when it restarts: set "appendonly yes"',
  )
  report(
    condition,
    'eviction',
    settings.some(({ 'maxmemory-policy': policy }) => policy !== undefined && policy !== 'noeviction'),
    'Redis may throw our data away when its memory is full: set "maxmemory-policy noeviction"',
  )
}

function report(condition: RedisCondition, name: string, is: boolean, detail: string): void {
  if (is) condition.problem(name, detail)
  else condition.over(name)
}

async function readSettings(server: Redis): Promise<Record<string, string>> {
  const names = ['appendonly', 'save', 'maxmemory-policy']
  const replies = await Promise.all(names.map((name) => answered(server.config('GET', name))))
  return Object.fromEntries(
    replies.flatMap((reply) =>
      Array.isArray(reply) && reply.length === 2 ? [[String(reply[0]), String(reply[1])]] : [],
    ),
  )
}

/** An empty answer where the server gives none: hosted ones hide their settings. */
async function answered<T>(reply: Promise<T>): Promise<T | ''> {
  try {
    return await reply
  } catch {
    return ''
  }
}
