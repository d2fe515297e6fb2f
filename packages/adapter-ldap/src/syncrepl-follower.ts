import { CookieUselessError, type SourceId } from '@parley/domain'
import type { ChangeFollower, FollowerEnd, FollowerSettings } from './change-follower.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { LdapResultError, resultCode } from './ldap-fault.ts'
import type { LdapResult } from './ldap-reply.ts'
import { readObject } from './position.ts'
import { readRemoved, readSyncDone, readSyncState, SyncRequestControl, syncOids } from './sync-controls.ts'

const atOnce = 500

/** Where every base has come to. */
interface Position {
  /** Of each base, in Base64. */
  readonly cookies: readonly string[]
  /** Whether the server has told of a removal by name before: it has a session log, then. */
  readonly namesRemoved: boolean
}

/**
 * Follows changes by content synchronisation (RFC 4533, refreshOnly): the server says what has changed since the cookie. What was
 * removed, OpenLDAP says by name if it has a session log (syncprov-sessionlog) that reaches back so far; otherwise it lists
 * all that is left, which nobody wants each second, so that removals are missed.
 */
export class SyncreplFollower implements ChangeFollower {
  readonly #settings: FollowerSettings

  constructor(settings: FollowerSettings) {
    this.#settings = settings
  }

  /** Whether the server offers it for these bases. Rejects with UnavailableError. */
  async isPossible(connection: LdapConnection): Promise<boolean> {
    try {
      await this.start(connection)
      return true
    } catch (error) {
      if (error instanceof LdapResultError) return false
      throw error
    }
  }

  async start(connection: LdapConnection): Promise<FollowerEnd> {
    const cookies: string[] = []
    for (const base of this.#settings.bases) {
      // NOTE: the cookie of OpenLDAP stands for a state of the database, whatever was asked for: of one entry it costs nothing.
      const search = {
        base,
        scope: 'base',
        attributes: ['1.1'],
        controls: [new SyncRequestControl(undefined)],
      } as const
      const replies = connection.replies(search)
      let next = await replies.next()
      while (!next.done) next = await replies.next()
      if (next.value.code !== resultCode.success) throw connection.failure(next.value, `synchronisation of ${base}`)
      const { cookie } = readDone(next.value, connection, base)
      if (cookie === undefined) throw notOffered(connection, base)
      cookies.push(cookie.toString('base64'))
    }
    return { position: JSON.stringify({ cookies, namesRemoved: false } satisfies Position), missesDeletions: false }
  }

  async *changes(text: string, connection: LdapConnection): AsyncGenerator<readonly SourceId[], FollowerEnd, void> {
    const before = parsePosition(text, this.#settings.bases.length)
    const cookies: string[] = []
    let { namesRemoved } = before
    let missesDeletions = false
    for (const [at, base] of this.#settings.bases.entries()) {
      const cookie = Buffer.from(before.cookies[at] ?? '', 'base64')
      const { result, removedByName } = yield* this.#refresh(base, cookie, connection)
      // Where nothing has happened there need be no cookie.
      const { cookie: after = cookie, refreshDeletes } = readDone(result, connection, base)
      if (refreshDeletes || removedByName) namesRemoved = true
      else if (!after.equals(cookie)) missesDeletions = true
      cookies.push(after.toString('base64'))
    }
    // The session log was lost, by a restart of the server perhaps, or does not reach back so far.
    if (missesDeletions && before.namesRemoved)
      throw new CookieUselessError(`${connection.server} cannot say what was removed`)
    return { position: JSON.stringify({ cookies, namesRemoved } satisfies Position), missesDeletions }
  }

  async *#refresh(
    base: string,
    cookie: Buffer,
    connection: LdapConnection,
  ): AsyncGenerator<readonly SourceId[], { result: LdapResult; removedByName: boolean }, void> {
    const replies = connection.replies({ base, attributes: ['1.1'], controls: [new SyncRequestControl(cookie)] })
    let [changed, removedByName]: [SourceId[], boolean] = [[], false]
    try {
      let next = await replies.next()
      for (; !next.done; next = await replies.next()) {
        const { value: reply } = next
        const state = reply.controls.get(syncOids.state)
        if (reply.kind === 'entry' && state !== undefined) {
          const { id, isPresent } = readSyncState(state)
          if (!isPresent) changed.push(id)
        }
        if (reply.kind === 'intermediate' && reply.oid === syncOids.info) {
          const removed = readRemoved(reply.value)
          removedByName ||= removed.length > 0
          changed.push(...removed)
        }
        if (changed.length < atOnce) continue
        yield changed
        changed = []
      }
      if (changed.length > 0) yield changed
      return { result: next.value, removedByName }
    } finally {
      // When nobody wants the rest, the directory is told so.
      await replies.return(undefined as never)
    }
  }
}

function readDone(result: LdapResult, connection: LdapConnection, base: string): ReturnType<typeof readSyncDone> {
  if (result.code === resultCode.syncRefreshRequired || result.code === resultCode.unwillingToPerform)
    throw new CookieUselessError(`${connection.server} cannot go on from where we were`)
  if (result.code !== resultCode.success) throw connection.failure(result, `synchronisation of ${base}`)
  const done = result.controls.get(syncOids.done)
  return done === undefined ? { cookie: undefined, refreshDeletes: false } : readSyncDone(done)
}

function notOffered(connection: LdapConnection, base: string): LdapResultError {
  return new LdapResultError(
    resultCode.unavailableCriticalExtension,
    '',
    `${connection.server}: synchronisation of ${base}`,
  )
}

function parsePosition(text: string, bases: number): Position {
  const { cookies, namesRemoved } = readObject(text)
  const isList = Array.isArray(cookies) && cookies.length === bases && cookies.every((each) => typeof each === 'string')
  if (!isList || typeof namesRemoved !== 'boolean') throw new CookieUselessError('no position of a synchronisation')
  return { cookies, namesRemoved }
}
