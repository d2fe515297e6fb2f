import { CookieUselessError, type SourceId } from '@parley/domain'
import { type Filter, NotFilter, PresenceFilter } from 'ldapts'
import { type DomainController, readController, seesDeleted } from './ad-controller.ts'
import { type DirSyncAccess, DirSyncControl, dirSyncReply, ExtendedDnControl, extendedDn } from './ad-controls.ts'
import {
  type AdTree,
  followed,
  groupsAbove,
  idsBelow,
  idsOf,
  isAnyDeletedGroup,
  isDeleted,
  membersOfGroups,
} from './ad-entries.ts'
import type { AdFollowerSettings } from './ad-follower-settings.ts'
import type { ChangeFollower, FollowerEnd } from './change-follower.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { type LdapEntry, valuesOf } from './ldap-entry.ts'
import { LdapResultError, LdapSetupError, resultCode } from './ldap-fault.ts'

/** Where DirSync goes on, as it is kept. */
interface DirSyncPosition {
  readonly access: DirSyncAccess
  readonly seesDeleted: boolean
  readonly cookie: Buffer
}

/** What one answer tells. */
interface DirSyncPage {
  readonly entries: readonly LdapEntry[]
  readonly more: boolean
  readonly cookie: Buffer
}

const nothing = new NotFilter({ filter: new PresenceFilter({ attribute: 'objectClass' }) })
/** What a cookie that it does not know, or rights that are others now, make: protocolError, unavailableCriticalExtension, insufficientAccessRights, unwillingToPerform. */
const refusals: ReadonlySet<number> = new Set([2, 12, 50, 53])
const insufficientAccessRights = 50
const longestPosition = 60_000
/** By these an entry comes, goes and moves. */
const ownAttributes = ['objectClass', 'name', 'isDeleted', 'member']

/**
 * Follows Active Directory by its DirSync control: each change of a watched attribute is told once, also who joined and who left a
 * group. The cookie is good on every controller of the domain.
 */
export class DirSyncFollower implements ChangeFollower {
  readonly #settings: AdFollowerSettings
  /** Where we came to last, and what had happened by then on the controller that was asked. */
  #last: { readonly position: string; readonly controller: DomainController } | undefined

  constructor(settings: AdFollowerSettings) {
    this.#settings = settings
  }

  async start(connection: LdapConnection): Promise<FollowerEnd> {
    const { namingContext } = await readController(connection, this.#settings.bases)
    const sees = await seesDeleted(connection, namingContext)
    const tree = { connection, namingContext, pageSize: this.#settings.pageSize }
    const { access, cookie } = await this.#firstCookie(tree)
    return endAt({ access, cookie, seesDeleted: sees })
  }

  async *changes(position: string, connection: LdapConnection): AsyncGenerator<readonly SourceId[], FollowerEnd, void> {
    const from = parsePosition(position)
    const controller = await readController(connection, this.#settings.bases)
    // NOTE: DirSync costs Samba the more the larger the domain is, also when there is nothing to tell.
    if (this.#isQuiet(position, controller)) return endAt(from)
    const tree = { connection, namingContext: controller.namingContext, pageSize: this.#settings.pageSize }
    let { cookie } = from
    for (;;) {
      const page = await this.#page(tree, from.access, cookie, followed).catch(useless)
      yield idsOf(page.entries)
      yield* this.#alsoChanged(tree, page.entries)
      cookie = page.cookie
      if (page.more) continue
      const end = endAt({ ...from, cookie })
      this.#last = { position: end.position, controller }
      return end
    }
  }

  /** Whether the controller that we asked last has written nothing since. */
  #isQuiet(position: string, { settings, highestUsn }: DomainController): boolean {
    const { controller } = this.#last?.position === position ? this.#last : {}
    return controller?.settings === settings && controller.highestUsn === highestUsn
  }

  /**
   * The end of what has happened.
   *
   * NOTE: got by asking for what no entry is: whoever reads everything needs no entries here. A controller may still take several steps.
   */
  async #firstCookie(tree: AdTree): Promise<{ readonly access: DirSyncAccess; readonly cookie: Buffer }> {
    let access: DirSyncAccess = 'all'
    let page: DirSyncPage
    try {
      page = await this.#page(tree, access, Buffer.alloc(0), nothing)
    } catch (error) {
      if (!(error instanceof LdapResultError && error.code === insufficientAccessRights)) throw error
      access = 'own'
      page = await this.#page(tree, access, Buffer.alloc(0), nothing)
    }
    while (page.more) page = await this.#page(tree, access, page.cookie, nothing)
    return { access, cookie: page.cookie }
  }

  /** Entries that changed with those of a page, though nothing of their own did. */
  async *#alsoChanged(tree: AdTree, entries: readonly LdapEntry[]): AsyncGenerator<readonly SourceId[], void, void> {
    const { memberships, hasGroupNodes } = this.#settings
    const alive = entries.filter((entry) => !isDeleted(entry))
    yield* idsBelow(tree, idsOf(alive.filter(hasMoved)))
    if (memberships.length === 0 && !hasGroupNodes) return
    if (await isAnyDeletedGroup(tree, idsOf(entries.filter(isDeleted))))
      throw new CookieUselessError('a group was deleted, and the directory does not tell what it was in')
    const changed = alive.filter((entry) => changedMembers(entry).length > 0)
    if (hasGroupNodes)
      yield* groupsAbove(
        tree,
        changed.map(({ dn }) => extendedDn(dn).dn),
      )
    if (memberships.length === 0) return
    for (const members of changed.map(changedMembers)) {
      yield members
      yield* membersOfGroups(tree, members)
    }
  }

  async #page(tree: AdTree, access: DirSyncAccess, cookie: Buffer, filter: Filter): Promise<DirSyncPage> {
    const { connection, namingContext } = tree
    const replies = connection.replies({
      // DirSync knows whole domains only.
      base: namingContext,
      filter,
      attributes: [...new Set([...ownAttributes, ...this.#settings.watched])],
      controls: [new DirSyncControl(access, cookie), new ExtendedDnControl()],
    })
    const entries: LdapEntry[] = []
    let next = await replies.next()
    for (; !next.done; next = await replies.next()) if (next.value.kind === 'entry') entries.push(next.value.entry)
    const { code, controls } = next.value
    if (code !== resultCode.success) throw connection.failure(next.value, 'DirSync')
    const reply = dirSyncReply(controls)
    if (reply === undefined || (reply.more && reply.cookie.equals(cookie)))
      throw new LdapSetupError(`${connection.server}: its DirSync does not come to an end: set "changes": usn`)
    return { entries, ...reply }
  }
}

/** Whether an entry that was there before moved, or got another name. Its class is told only once, when it comes. */
function hasMoved(entry: LdapEntry): boolean {
  return valuesOf(entry, 'name').length > 0 && valuesOf(entry, 'objectClass').length === 0
}

/** Members that were added or removed; of a controller that does not tell which, all that there are now. */
function changedMembers(entry: LdapEntry): SourceId[] {
  return [...entry.attributes]
    .filter(([name]) => name === 'member' || name.startsWith('member;'))
    .flatMap(([, values]) => values.map((value) => extendedDn(value.toString('utf8')).id))
    .filter((id) => id !== undefined)
}

const positionForm = /^dirsync (all|own) (deleted|no-deleted) ([A-Za-z0-9+/=]*)$/

function parsePosition(text: string): DirSyncPosition {
  const [, access, sees, cookie] = positionForm.exec(text) ?? []
  if (cookie === undefined) throw new CookieUselessError('changes were not followed by DirSync before')
  return { access: access as DirSyncAccess, seesDeleted: sees === 'deleted', cookie: Buffer.from(cookie, 'base64') }
}

function endAt({ access, seesDeleted: sees, cookie }: DirSyncPosition): FollowerEnd {
  const position = `dirsync ${access} ${sees ? 'deleted' : 'no-deleted'} ${cookie.toString('base64')}`
  if (position.length > longestPosition)
    throw new LdapSetupError('the domain has more controllers than DirSync’s cookie has room for: set "changes": usn')
  return { position, missesDeletions: !sees }
}

/** What a refusal to go on means: a cookie that it does not know, or rights that are others now. */
function useless(error: unknown): never {
  if (error instanceof LdapResultError && refusals.has(error.code)) throw new CookieUselessError(error.message)
  throw error
}
