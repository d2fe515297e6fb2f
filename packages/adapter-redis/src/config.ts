import { z } from 'zod'

const address = z
  .string()
  .regex(/^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$/, 'must be HOST:PORT, e.g. redis1.example.com:6379')

/** Where Redis is, for a section of the configuration file; secrets come apart from it (`RedisSecrets`). */
export const redisConfig = z.strictObject({
  url: z
    .string()
    .regex(/^rediss?:\/\//, 'must be redis://HOST:PORT, or rediss:// for TLS')
    .refine((text) => URL.canParse(text), 'must be redis://HOST:PORT, or rediss:// for TLS')
    .refine((text) => !/^rediss?:\/\/[^/]*@/.test(text), 'must not hold a password: give the file that holds it')
    .optional()
    .describe('redis://HOST:PORT of a single server, or rediss:// for TLS; /NUMBER at the end chooses a database.'),
  sentinels: z.array(address).min(1).optional().describe('HOST:PORT of each Sentinel, instead of `url`.'),
  sentinelName: z.string().default('mymaster').describe('What the Sentinels call the server.'),
  cluster: z
    .array(address)
    .min(1)
    .optional()
    .describe('HOST:PORT of some nodes of a Redis Cluster, instead of `url`; they name the others.'),
  username: z.string().optional().describe('Redis user (ACL); the default user when absent.'),
  replicas: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('Replicas that must have a write before it is acknowledged (WAIT).'),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{1,32}$/, 'must be letters, digits, dots, hyphens and underscores, at most 32')
    .default('parley')
    .describe('What all keys begin with; one for each Parley cluster that shares a Redis.'),
})

export type RedisConfig = z.output<typeof redisConfig>

/** What is read from files rather than from the configuration; none of it is ever logged. */
export interface RedisSecrets {
  readonly password?: string
  /** The password of the Sentinels, where they have one. */
  readonly sentinelPassword?: string
  /** Certificates in PEM. Given, Sentinels and Cluster are spoken to in TLS; a single server is where `url` says `rediss://`. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
}

/** Host and port of `HOST:PORT`. */
export function parseAddress(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
}
