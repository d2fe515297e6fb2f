import { CookieUselessError, type SourceId } from '@parley/domain'
import { AndFilter, GreaterThanEqualsFilter } from 'ldapts'
import { type DomainController, readController, readInvocationId, seesDeleted } from './ad-controller.ts'
import { showDeleted } from './ad-controls.ts'
import { type AdTree, followed, groupsAbove, idsBelow, idsOf, isAnyWithin, isDeleted, kindOf } from './ad-entries.ts'
import type { AdFollowerSettings } from './ad-follower-settings.ts'
import type { ChangeFollower, FollowerEnd } from './change-follower.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { firstText, type LdapEntry } from './ldap-entry.ts'
import { searchPages } from './search-pages.ts'

/** Up to which change of which controller everything is known. */
interface UsnPosition {
  readonly invocationId: string
  readonly usn: bigint
  readonly seesDeleted: boolean
}

/**
 * Follows Active Directory by the number that a controller gives to each change (uSNChanged), with no more rights than to read. The numbers
 * are the controller's own, so its position is of no use on another one.
 */
export class UsnFollower implements ChangeFollower {
  readonly #settings: AdFollowerSettings

  constructor(settings: AdFollowerSettings) {
    this.#settings = settings
  }

  async start(connection: LdapConnection): Promise<FollowerEnd> {
    const controller = await readController(connection, this.#settings.bases)
    return endAt({
      invocationId: await readInvocationId(connection, controller),
      usn: controller.highestUsn,
      seesDeleted: await seesDeleted(connection, controller.namingContext),
    })
  }

  async *changes(position: string, connection: LdapConnection): AsyncGenerator<readonly SourceId[], FollowerEnd, void> {
    const from = parsePosition(position)
    const controller = await readController(connection, this.#settings.bases)
    if (from.invocationId !== (await readInvocationId(connection, controller)))
      throw new CookieUselessError('it is another domain controller than before')
    if (from.usn > controller.highestUsn)
      throw new CookieUselessError('the domain controller has an older state than before')
    if (controller.highestUsn > from.usn) yield* this.#since(from, connection, controller)
    return endAt({ ...from, usn: controller.highestUsn })
  }

  async *#since(
    { usn }: UsnPosition,
    connection: LdapConnection,
    { namingContext }: DomainController,
  ): AsyncGenerator<readonly SourceId[], void, void> {
    const { pageSize } = this.#settings
    const tree = { connection, namingContext, pageSize }
    const changed = new GreaterThanEqualsFilter({ attribute: 'uSNChanged', value: String(usn + 1n) })
    const search = {
      // The whole domain, as entries move out of the bases.
      base: namingContext,
      filter: new AndFilter({ filters: [changed, followed] }),
      attributes: ['objectGUID', 'objectClass', 'isDeleted', 'uSNCreated'],
      controls: [showDeleted()],
    }
    for await (const { entries } of searchPages(connection, search, pageSize)) {
      yield idsOf(entries)
      const containers = entries.filter((entry) => kindOf(entry) === 'container' && !isNew(entry, usn))
      yield* idsBelow(tree, idsOf(containers))
      yield* this.#alsoChanged(tree, entries)
    }
  }

  /**
   * Groups that changed with those of a page.
   *
   * NOTE: whoever left a group is not told of, and is not in it to be asked.
   */
  async *#alsoChanged(tree: AdTree, entries: readonly LdapEntry[]): AsyncGenerator<readonly SourceId[], void, void> {
    const { memberships, hasGroupNodes } = this.#settings
    const groups = entries.filter((entry) => kindOf(entry) === 'group')
    if (groups.length === 0 || (memberships.length === 0 && !hasGroupNodes)) return
    if (groups.some(isDeleted))
      throw new CookieUselessError('a group was deleted, and the directory does not tell what it was in')
    for (const dn of memberships)
      if (await isAnyWithin(tree, idsOf(groups), dn))
        throw new CookieUselessError(`the members of ${dn} changed, and only DirSync tells who left`)
    if (hasGroupNodes)
      yield* groupsAbove(
        tree,
        groups.map(({ dn }) => dn),
      )
  }
}

/** Whether an entry came after a position: nothing can be in it that did not come or move there after that too. */
function isNew(entry: LdapEntry, usn: bigint): boolean {
  const created = firstText(entry, 'uSNCreated')
  return created !== undefined && /^\d{1,20}$/.test(created) && BigInt(created) > usn
}

const positionForm = /^usn ([0-9a-f-]{36}) (\d{1,20}) (deleted|no-deleted)$/

function parsePosition(text: string): UsnPosition {
  const [, invocationId, usn, sees] = positionForm.exec(text) ?? []
  if (invocationId === undefined || usn === undefined)
    throw new CookieUselessError('changes were not followed by uSNChanged before')
  return { invocationId, usn: BigInt(usn), seesDeleted: sees === 'deleted' }
}

function endAt({ invocationId, usn, seesDeleted: sees }: UsnPosition): FollowerEnd {
  return {
    position: `usn ${invocationId} ${usn} ${sees ? 'deleted' : 'no-deleted'}`,
    missesDeletions: !sees,
  }
}
