import { CookieUselessError, type SourceCookie } from '@parley/domain'
import { readObject } from './position.ts'

/** Where an LdapSource has come to. */
export interface SourcePosition {
  /** The server that it was read from; it is preferred for what follows. */
  readonly server: string
  /** Of the follower. */
  readonly position: string
  /** Until when accounts that end by themselves have been looked for. Milliseconds since 1970. */
  readonly endsCheckedMs: number
}

export function writeCookie(position: SourcePosition): SourceCookie {
  return JSON.stringify(position)
}

/** Throws CookieUselessError. */
export function readCookie(cookie: SourceCookie): SourcePosition {
  const { server, position, endsCheckedMs } = readObject(cookie)
  if (typeof server !== 'string' || typeof position !== 'string' || typeof endsCheckedMs !== 'number')
    throw new CookieUselessError('the cookie was not made by this source')
  return { server, position, endsCheckedMs }
}
