import { createHash } from 'node:crypto'
import {
  type Clock,
  CookieUselessError,
  type DirectorySource,
  type HomeName,
  type SourceBatch,
  type SourceCookie,
  type SourceEnd,
  type SourceId,
  type SourceProblem,
  type SourceProgress,
  type SourceUser,
} from '@parley/domain'
import type { ChangeFollower } from './change-follower.ts'
import { DirectoryFilters } from './directory-filters.ts'
import type { DirectoryOptions } from './directory-options.ts'
import { isWithin } from './distinguished-name.ts'
import { openFollower } from './followers.ts'
import { GroupReader } from './group-reader.ts'
import { KeptConnection } from './kept-connection.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { type LdapEntry, valuesOf } from './ldap-entry.ts'
import { directoryUnavailable, translate, translated } from './ldap-fault.ts'
import { LdapServers } from './ldap-servers.ts'
import { readNtDomain } from './nt-domain.ts'
import { type Preset, presets } from './presets.ts'
import { referenceProblems } from './references.ts'
import { searchPages } from './search-pages.ts'
import { readCookie, writeCookie } from './source-cookie.ts'
import { sourceIdOf } from './source-id.ts'
import { UserMapping } from './user-mapping.ts'

/** Ids that a filter may hold at once. */
const atOnce = 50
/** How often accounts are looked for that have ended by themselves, which no directory says. */
const endsCheckMs = 60_000

export interface LdapSourceOptions extends DirectoryOptions {
  /** The attribute that the chosen home of a user is written to; absent: none is. */
  readonly writeBack?: string
}

/**
 * Users and groups of an LDAP directory. A full read has a connection of its own and keeps a page of entries at a time; changes go over
 * one that stays open. Whose account has ended is told of within a minute, though the directory says nothing of it.
 */
export class LdapSource implements DirectorySource, AsyncDisposable {
  readonly fingerprint: string
  readonly writeHome?: (id: SourceId, home: HomeName) => Promise<void>
  readonly #options: DirectoryOptions
  readonly #preset: Preset
  readonly #clock: Clock
  readonly #servers: LdapServers
  readonly #kept: KeptConnection
  readonly #filters: DirectoryFilters
  readonly #bases: readonly string[]
  readonly #groups: GroupReader
  readonly #pageSize: number
  #mapping: UserMapping | undefined
  #follower: { readonly server: string; readonly follower: ChangeFollower | undefined } | undefined

  /** Nothing is connected until it is needed. Throws LdapSetupError for options that no directory could make sense of. */
  constructor(options: LdapSourceOptions, clock: Clock) {
    this.#options = options
    this.#preset = presets[options.preset]
    this.#clock = clock
    this.#servers = new LdapServers(options, clock)
    this.#kept = new KeptConnection(this.#servers)
    this.#filters = new DirectoryFilters(options)
    this.#bases = basesOf(options)
    this.#groups = new GroupReader(options, this.#filters, this.#bases)
    this.#pageSize = options.pageSize ?? 500
    this.fingerprint = fingerprintOf(options)
    const { writeBack } = options
    if (writeBack !== undefined) this.writeHome = (id, home) => this.#writeHome(id, home, writeBack)
  }

  async *read(progress?: (progress: SourceProgress) => void): AsyncGenerator<SourceBatch, SourceEnd, void> {
    try {
      await using connection = await this.#servers.connect()
      const endsCheckedMs = this.#clock.now()
      const follower = await this.#followerFor(connection)
      const start = await follower?.start(connection)
      const mapping = await this.#mappingFor(connection)
      let read = 0
      for await (const batch of this.#users(connection, mapping)) {
        read += batch.entries.length
        progress?.({ read })
        yield batch
      }
      yield* this.#groupNodes(connection)
      if (start === undefined) return {}
      const { position, missesDeletions } = start
      return { cookie: writeCookie({ server: connection.server, position, endsCheckedMs }), missesDeletions }
    } catch (error) {
      throw translate(error)
    }
  }

  async *changes(cookie: SourceCookie): AsyncGenerator<SourceBatch, SourceEnd, void> {
    const before = readCookie(cookie)
    try {
      const connection = await this.#kept.get(before.server)
      const follower = await this.#followerFor(connection)
      if (follower === undefined) throw new CookieUselessError('changes are not followed')
      const mapping = await this.#mappingFor(connection)
      const changes = follower.changes(before.position, connection)
      let next = await changes.next()
      for (; !next.done; next = await changes.next()) yield* this.#reread(next.value, connection, mapping)
      const endsCheckedMs = yield* this.#ended(before.endsCheckedMs, connection, mapping)
      const { position, missesDeletions } = next.value
      return { cookie: writeCookie({ server: connection.server, position, endsCheckedMs }), missesDeletions }
    } catch (error) {
      throw translate(error)
    }
  }

  /** Directories are polled. */
  onChange(): () => void {
    return () => undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept[Symbol.asyncDispose]()
  }

  async *#users(connection: LdapConnection, mapping: UserMapping): AsyncGenerator<SourceBatch, void, void> {
    const search = { base: this.#options.base, filter: this.#filters.users, attributes: mapping.attributes }
    for await (const { entries, references } of searchPages(connection, search, this.#pageSize)) {
      const now = this.#clock.now()
      const users: SourceUser[] = []
      const problems: SourceProblem[] = referenceProblems(references)
      for (const entry of entries) {
        const mapped = mapping.map(entry, now)
        if (mapped.user) users.push(mapped.user)
        problems.push(...mapped.problems)
      }
      yield { entries: users, gone: [], problems }
    }
  }

  async *#groupNodes(connection: LdapConnection): AsyncGenerator<SourceBatch, void, void> {
    const { groups: filter } = this.#filters
    if (filter === undefined) return
    const base = this.#options.groups?.base ?? this.#options.base
    const { attributes } = this.#groups
    for await (const { entries } of searchPages(connection, { base, filter, attributes }, this.#pageSize)) {
      const { groups, problems } = await this.#groups.map(connection, entries)
      yield { entries: groups, gone: [], problems }
    }
  }

  /** What has become of entries: users and groups as they are now, and those that are neither (any more). */
  async *#reread(
    ids: readonly SourceId[],
    connection: LdapConnection,
    mapping: UserMapping,
  ): AsyncGenerator<SourceBatch, void, void> {
    for (let at = 0; at < ids.length; at += atOnce) {
      const asked = ids.slice(at, at + atOnce)
      const gone = new Set(asked)
      const users: SourceUser[] = []
      const problems: SourceProblem[] = []
      const now = this.#clock.now()
      for (const entry of await this.#findUsers(asked, connection, mapping)) {
        const mapped = mapping.map(entry, now)
        if (mapped.id !== undefined && !mapped.off) gone.delete(mapped.id)
        if (mapped.user) users.push(mapped.user)
        problems.push(...mapped.problems)
      }
      const touched = await this.#groups.touchedBy(connection, await this.#namesOf(asked, connection))
      for (const { id } of touched.groups) gone.delete(id)
      for (const { id } of touched.problems) if (id !== undefined) gone.delete(id)
      const entries = [...users, ...touched.groups]
      yield { entries, gone: [...gone], problems: [...problems, ...touched.problems] }
    }
  }

  async #findUsers(
    ids: readonly SourceId[],
    connection: LdapConnection,
    { attributes }: UserMapping,
  ): Promise<LdapEntry[]> {
    const filter = this.#filters.byIds(ids, this.#filters.users)
    return await connection.find({ base: this.#options.base, filter, attributes })
  }

  /** Distinguished names of entries of any kind, when groups matter. */
  async #namesOf(ids: readonly SourceId[], connection: LdapConnection): Promise<string[]> {
    if (this.#filters.groups === undefined) return []
    const filter = this.#filters.byIds(ids)
    const found = await Promise.all(this.#bases.map((base) => connection.find({ base, filter, attributes: ['1.1'] })))
    return found.flat().map(({ dn }) => dn)
  }

  /** Whose account has ended since they were last looked for; returns until when that is. */
  async *#ended(
    sinceMs: number,
    connection: LdapConnection,
    mapping: UserMapping,
  ): AsyncGenerator<SourceBatch, number, void> {
    const now = this.#clock.now()
    if (now - sinceMs < endsCheckMs) return Math.min(sinceMs, now)
    const filter = this.#filters.endedBetween(sinceMs, now)
    if (filter === undefined) throw new CookieUselessError('changes have not been asked for in a year')
    const { name, form } = this.#preset.id
    const search = { base: this.#options.base, filter, attributes: [name] }
    for await (const { entries } of searchPages(connection, search, this.#pageSize)) {
      const ids = entries.flatMap((entry) => valuesOf(entry, name).flatMap((value) => sourceIdOf(value, form) ?? []))
      yield* this.#reread(ids, connection, mapping)
    }
    return now
  }

  async #followerFor(connection: LdapConnection): Promise<ChangeFollower | undefined> {
    const { server } = connection
    if (this.#follower?.server === server) return this.#follower.follower
    const settings = { bases: this.#bases, pageSize: this.#pageSize, clock: this.#clock }
    const follower = await openFollower(this.#options, settings, connection)
    this.#follower = { server, follower }
    return follower
  }

  async #mappingFor(connection: LdapConnection): Promise<UserMapping> {
    const { ntDomain } = this.#options
    const isToBeAsked = ntDomain === undefined && this.#preset.kind === 'active-directory'
    this.#mapping ??= new UserMapping(this.#options, isToBeAsked ? await readNtDomain(connection) : ntDomain)
    return this.#mapping
  }

  async #writeHome(id: SourceId, home: HomeName, attribute: string): Promise<void> {
    await translated(() =>
      this.#kept.use(async (connection) => {
        const filter = this.#filters.byIds([id])
        const [entry] = await connection.find({ base: this.#options.base, filter, attributes: ['1.1'] })
        if (entry === undefined) throw directoryUnavailable('the entry of a user is not there any more')
        await connection.replace(entry.dn, attribute, [home])
      }),
    )
  }
}

/** The base of the users, and that of the groups where it is another part of the tree. */
function basesOf({ base, groups }: DirectoryOptions): readonly string[] {
  const groupBase = groups?.base
  if (groupBase === undefined || isWithin(groupBase, base)) return [base]
  return isWithin(base, groupBase) ? [groupBase] : [base, groupBase]
}

/** NOTE: all that decides who is read and what becomes of them; servers and passwords may change without a full read. */
function fingerprintOf(options: DirectoryOptions): string {
  const { preset, base, filter, domains, attributes, search, groups, ntDomain, changes, bind } = options
  const content = [preset, base, filter, domains, attributes, search, groups, ntDomain, changes, bind?.dn]
  const hash = createHash('sha256').update(JSON.stringify(content)).digest('hex')
  return `${preset} ${base} ${hash.slice(0, 16)}`
}
