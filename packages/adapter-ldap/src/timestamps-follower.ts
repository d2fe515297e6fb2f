import { type Clock, CookieUselessError, type SourceId } from '@parley/domain'
import { GreaterThanEqualsFilter } from 'ldapts'
import { generalizedTime, generalizedTimeOf } from './account-state.ts'
import type { ChangeFollower, FollowerEnd, FollowerSettings } from './change-follower.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { firstText, type LdapEntry, valuesOf } from './ldap-entry.ts'
import { readObject } from './position.ts'
import { searchPages } from './search-pages.ts'
import { type IdAttribute, sourceIdOf } from './source-id.ts'

/** The attribute that says when an entry was last written. */
export type TimestampAttribute = 'entryCSN' | 'modifyTimestamp'

/** Writes of one moment reach a server one after the other, and servers' clocks differ: what is that much older is looked at again. */
const overlapMs = 60_000
/** A modifyTimestamp has whole seconds: for so long, an entry may have been written again under the same one. */
const coarseMs = 5_000
/** How far back the newest write is looked for at first, by our clock; the directory's may be slow. */
const dayMs = 86_400_000
const mostSeen = 500

/** An entry that was told of: when it was written, and when it was first seen so. */
type Seen = readonly [version: string, firstSeenMs: number]

interface Position {
  readonly server: string
  /** When the newest write was, by the directory's clock. */
  readonly newestMs: number
  /** When that was seen first, by ours. */
  readonly newestSeenMs: number
  readonly seen: Readonly<Record<SourceId, Seen>>
}

/**
 * Follows changes by the time of the last write, asking from a minute before the newest that was seen. What was removed leaves no
 * trace. A position is of use on the same server only: another one may get old writes later.
 */
export class TimestampsFollower implements ChangeFollower {
  readonly #settings: FollowerSettings
  readonly #id: IdAttribute
  readonly #attribute: TimestampAttribute
  readonly #clock: Clock

  constructor(settings: FollowerSettings, id: IdAttribute, attribute: TimestampAttribute) {
    this.#settings = settings
    this.#id = id
    this.#attribute = attribute
    this.#clock = settings.clock
  }

  async start(connection: LdapConnection): Promise<FollowerEnd> {
    let newestMs = this.#clock.now() - dayMs
    let written: [SourceId, string][] = []
    for await (const entries of this.#writtenSince(newestMs, connection)) {
      for (const entry of entries) newestMs = Math.max(newestMs, this.#timeOf(entry))
      written = [...written, ...this.#versions(entries)].filter(([, version]) => isRecent(version, newestMs))
    }
    const now = this.#clock.now()
    const seen = Object.fromEntries(written.map(([id, version]) => [id, [version, now] as const]))
    return positionOf({ server: connection.server, newestMs, newestSeenMs: now, seen })
  }

  async *changes(text: string, connection: LdapConnection): AsyncGenerator<readonly SourceId[], FollowerEnd, void> {
    const before = parsePosition(text)
    if (before.server !== connection.server)
      throw new CookieUselessError(`timestamps of ${before.server} say nothing on ${connection.server}`)
    const now = this.#clock.now()
    const seen = new Map(Object.entries(before.seen))
    let { newestMs } = before
    for await (const entries of this.#writtenSince(sinceMs(before, now), connection)) {
      const changed: SourceId[] = []
      for (const [id, version] of this.#versions(entries)) {
        newestMs = Math.max(newestMs, generalizedTime(version.slice(0, version.indexOf('Z') + 1)) ?? 0)
        const [knownVersion, firstSeenMs = now] = seen.get(id) ?? []
        const isKnown = knownVersion === version
        seen.set(id, [version, isKnown ? firstSeenMs : now])
        if (!isKnown || (this.#attribute === 'modifyTimestamp' && now - firstSeenMs < coarseMs)) changed.push(id)
      }
      if (changed.length > 0) yield changed
    }
    const recent = [...seen].filter(([, [version]]) => isRecent(version, newestMs))
    const newestSeenMs = newestMs > before.newestMs ? now : before.newestSeenMs
    return positionOf({ server: connection.server, newestMs, newestSeenMs, seen: Object.fromEntries(recent) })
  }

  async *#writtenSince(timeMs: number, connection: LdapConnection): AsyncGenerator<readonly LdapEntry[], void, void> {
    const time = generalizedTimeOf(timeMs)
    const value = this.#attribute === 'entryCSN' ? time.replace('Z', '.000000Z#000000#000#000000') : time
    const filter = new GreaterThanEqualsFilter({ attribute: this.#attribute, value })
    const attributes = [this.#id.name, this.#attribute]
    const { bases, pageSize } = this.#settings
    for (const base of bases)
      for await (const { entries } of searchPages(connection, { base, filter, attributes }, pageSize)) yield entries
  }

  #versions(entries: readonly LdapEntry[]): [SourceId, string][] {
    return entries.flatMap((entry) => {
      const [value] = valuesOf(entry, this.#id.name)
      const id = value && sourceIdOf(value, this.#id.form)
      const version = firstText(entry, this.#attribute)
      return id === undefined || version === undefined ? [] : [[id, version] as [SourceId, string]]
    })
  }

  #timeOf(entry: LdapEntry): number {
    const version = firstText(entry, this.#attribute) ?? ''
    return generalizedTime(version.slice(0, version.indexOf('Z') + 1)) ?? 0
  }
}

/** From when on writes are asked for: once the newest is old, nothing that is older comes any more. */
function sinceMs({ newestMs, newestSeenMs }: Position, now: number): number {
  const isSettled = now - newestSeenMs > overlapMs
  return isSettled ? Math.floor(newestMs / 1000) * 1000 + 1000 : newestMs - overlapMs
}

function isRecent(version: string, newestMs: number): boolean {
  return (generalizedTime(version.slice(0, version.indexOf('Z') + 1)) ?? 0) >= newestMs - overlapMs
}

/** NOTE: of more than can be kept none is: then they are told of once more, which does no harm. */
function positionOf(position: Position): FollowerEnd {
  const isTooMuch = Object.keys(position.seen).length > mostSeen
  return { position: JSON.stringify(isTooMuch ? { ...position, seen: {} } : position), missesDeletions: true }
}

function parsePosition(text: string): Position {
  const { server, newestMs, newestSeenMs, seen } = readObject(text)
  const isSound = typeof server === 'string' && typeof newestMs === 'number' && typeof newestSeenMs === 'number'
  if (!isSound || typeof seen !== 'object' || seen === null) throw new CookieUselessError('no position of timestamps')
  return { server, newestMs, newestSeenMs, seen: seen as Position['seen'] }
}
