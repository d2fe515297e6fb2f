import { UnavailableError } from '@parley/protocol'

/** Redis cannot be used as it is configured; the message says what to change. */
export class RedisSetupError extends Error {
  override readonly name = 'RedisSetupError'
}

/** What an error of the client means to the operator. */
export interface RedisFault {
  /** `away`: nobody answers, it may pass by itself. `refused`: Redis answers, and says no. `setup`: a person must change something. */
  readonly kind: 'away' | 'refused' | 'setup'
  /** The first word of Redis' answer, or the system's error code; tells faults apart. */
  readonly code: string
  /** What is wrong and what to change. */
  readonly detail: string
}

/** What Redis' answers mean, by their first word. */
const answers: Readonly<Record<string, Omit<RedisFault, 'code'>>> = {
  NOAUTH: { kind: 'setup', detail: 'Redis wants a password: give it in the file of `redis.passwordFile`' },
  WRONGPASS: {
    kind: 'setup',
    detail: 'Redis refuses the password, or the user: check `redis.username` and its password',
  },
  NOPERM: {
    kind: 'setup',
    detail:
      'the Redis user may not do this: its ACL must allow our keys and channels (~PREFIX:* &PREFIX:*) and +@all -@dangerous +info',
  },
  MOVED: { kind: 'setup', detail: 'this is a Redis Cluster: name its nodes in `redis.cluster` instead of `redis.url`' },
  CROSSSLOT: {
    kind: 'setup',
    detail: 'this is a Redis Cluster: name its nodes in `redis.cluster` instead of `redis.url`',
  },
  READONLY: {
    kind: 'refused',
    detail: 'this Redis is a replica and takes no writes: point `redis.url` to the primary, or use Sentinels',
  },
  LOADING: { kind: 'refused', detail: 'Redis is loading its data and answers when it is done' },
  BUSY: { kind: 'refused', detail: 'Redis is busy with a script of somebody else: see SCRIPT KILL' },
  MASTERDOWN: { kind: 'refused', detail: 'this Redis is a replica that has lost its primary: check the primary' },
  CLUSTERDOWN: {
    kind: 'refused',
    detail: 'the Redis Cluster is down: check "redis-cli cluster info" and the nodes that fail',
  },
  TRYAGAIN: { kind: 'refused', detail: 'the Redis Cluster is moving the keys of a home' },
  MISCONF: {
    kind: 'refused',
    detail: 'Redis cannot save its data and takes no writes: check its log, its disk and the rights on its directory',
  },
  OOM: {
    kind: 'refused',
    detail: 'Redis is full (maxmemory) and takes no writes: raise maxmemory, keep maxmemory-policy at noeviction',
  },
  NOREPLICAS: { kind: 'refused', detail: 'Redis has fewer replicas than its min-replicas-to-write: start them' },
  PARLEY: {
    kind: 'refused',
    detail:
      'the epoch key of a home holds no number, or its attempt key no two: does another program use this Redis with the same prefix? Give `redis.prefix`, or delete the key',
  },
  WRONGTYPE: {
    kind: 'refused',
    detail:
      'a key of ours holds data of another type: does another program use this Redis with the same prefix? Give `redis.prefix`, or remove the key',
  },
}

const certificateCodes = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS/

/** Reads an error of ioredis. Nothing of it but its code and harmless text goes on: it carries the command with all arguments. */
export function redisFault(error: unknown): RedisFault {
  const { message, code: systemCode, lastNodeError } = error as Record<'message' | 'code' | 'lastNodeError', unknown>
  // A Cluster that cannot be reached tells what was wrong with one of its nodes.
  if (lastNodeError) return redisFault(lastNodeError)
  const text = typeof message === 'string' ? message : ''
  const code = typeof systemCode === 'string' ? systemCode : (/^-?([A-Z]{2,})\b/.exec(text)?.[1] ?? 'unknown')
  const known = answers[code]
  if (known) return { ...known, code }
  if (text.includes('Unknown RESP type')) {
    return { kind: 'setup', code: 'NOREDIS', detail: 'what answers is not Redis: check host and port' }
  }
  if (text.includes('cluster support disabled')) {
    return {
      kind: 'setup',
      code: 'NOCLUSTER',
      detail: 'this Redis is no Cluster: give `redis.url` instead of `redis.cluster`',
    }
  }
  if (code.startsWith('ERR_SSL')) {
    return {
      kind: 'setup',
      code,
      detail: 'what answers does not speak TLS: use redis:// instead of rediss://, or another port',
    }
  }
  if (certificateCodes.test(code)) {
    return {
      kind: 'setup',
      code,
      detail: `the certificate of Redis is not trusted (${code}): check \`redis.tls.ca\` and the host name`,
    }
  }
  if (/(?:because|Last error:) -?(?:NOAUTH|WRONGPASS|NOPERM)/.test(text)) {
    return { kind: 'setup', code: 'SENTINEL', detail: 'the Sentinels want a password of their own, or refuse ours' }
  }
  if (text.includes('No such master') || text.includes('invalid reply')) {
    return { kind: 'setup', code: 'NONAME', detail: 'the Sentinels do not know the name: check `redis.sentinelName`' }
  }
  if (code === 'ERR') return { kind: 'refused', code, detail: `Redis answers an error: ${harmless(text)}` }
  return { kind: 'away', code, detail: `Redis does not answer: ${harmless(text)}` }
}

/** What a caller gets for a fault. */
export function unavailable(detail: string): UnavailableError {
  return new UnavailableError('the data store cannot be used now', { detail })
}

// NOTE: some of Redis' errors repeat arguments ("with args beginning with: …"), which may be anything.
function harmless(text: string): string {
  return text.replace(/,? with args beginning with.*/s, '').slice(0, 200) || 'for no known reason'
}
