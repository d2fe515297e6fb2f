import { CookieUselessError, type SourceId } from '@parley/domain'
import type { ChangeFollower, FollowerEnd } from './change-follower.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { firstText } from './ldap-entry.ts'
import { readObject } from './position.ts'

/**
 * Follows changes where a filter asks for `memberOf`: OpenLDAP writes that to users without a trace of the change, so the groups
 * themselves are looked at. Who joined or left one of them it does not tell; everything has to be read again then.
 */
export class MembershipFollower implements ChangeFollower {
  readonly #inner: ChangeFollower
  readonly #groups: readonly string[]

  /** `groups` are the distinguished names that the filter has. */
  constructor(inner: ChangeFollower, groups: readonly string[]) {
    this.#inner = inner
    this.#groups = groups
  }

  async start(connection: LdapConnection): Promise<FollowerEnd> {
    const versions = await this.#versions(connection)
    return endOf(await this.#inner.start(connection), versions)
  }

  async *changes(text: string, connection: LdapConnection): AsyncGenerator<readonly SourceId[], FollowerEnd, void> {
    const { position, versions } = readObject(text)
    if (typeof position !== 'string' || !Array.isArray(versions))
      throw new CookieUselessError('the groups of the filter were not followed before')
    const now = await this.#versions(connection)
    const changed = this.#groups.findIndex((_, at) => now[at] !== versions[at])
    if (changed >= 0)
      throw new CookieUselessError(
        `${this.#groups[changed]} changed, and the directory does not tell who joined or left`,
      )
    return endOf(yield* this.#inner.changes(position, connection), now)
  }

  /** When each group was last written; empty for one that is not there. */
  async #versions(connection: LdapConnection): Promise<readonly string[]> {
    const found = this.#groups.map((base) => connection.find({ base, scope: 'base', attributes: ['entryCSN'] }))
    return (await Promise.all(found)).map(([group]) =>
      group === undefined ? '' : (firstText(group, 'entryCSN') ?? ''),
    )
  }
}

function endOf({ position, missesDeletions }: FollowerEnd, versions: readonly string[]): FollowerEnd {
  return { position: JSON.stringify({ position, versions }), missesDeletions }
}
