import type { Filter } from 'ldapts'
import type { FollowerSettings } from './change-follower.ts'
import { filterTerms } from './filter-terms.ts'

/** What followers of Active Directory are given besides. */
export interface AdFollowerSettings extends FollowerSettings {
  /** Attributes that entries are made of, or that filters ask for. */
  readonly watched: readonly string[]
  /**
   * Distinguished names of the groups whose members may use IM, as the filter has them: who joins or leaves one changes without
   * a change of the own entry.
   */
  readonly memberships: readonly string[]
  /** Whether groups become group nodes. */
  readonly hasGroupNodes: boolean
}

/** Settings for what is read: the users and groups that filters find, and of them these attributes. */
export function adFollowerSettings(
  settings: FollowerSettings,
  filters: { readonly users: Filter; readonly groups?: Filter | undefined },
  attributes: readonly string[],
): AdFollowerSettings {
  const { users, groups } = filters
  const terms = [users, ...(groups === undefined ? [] : [groups])].flatMap(filterTerms)
  return {
    ...settings,
    watched: [...attributes, ...terms.map(({ attribute }) => attribute)],
    memberships: [users, ...(groups === undefined ? [] : [groups])].flatMap(membershipsIn),
    hasGroupNodes: groups !== undefined,
  }
}

/** Distinguished names of the groups whose members a filter asks for. */
export function membershipsIn(filter: Filter): readonly string[] {
  const terms = filterTerms(filter).filter(({ attribute }) => attribute.toLowerCase() === 'memberof')
  return terms.flatMap(({ value }) => value ?? [])
}
