import type { SourceId } from '@parley/domain'
import { AndFilter, EqualityFilter, type Filter, GreaterThanEqualsFilter, LessThanEqualsFilter, OrFilter } from 'ldapts'
import type { AccountEnd } from './account-state.ts'
import type { DirectoryOptions } from './directory-options.ts'
import { parseFilter } from './filter-text.ts'
import { LdapSetupError } from './ldap-fault.ts'
import { type Preset, presets } from './presets.ts'
import { idFilter } from './source-id.ts'

const dayMs = 86_400_000
const mostDays = 400

/** Every filter that a directory is asked with. Values are escaped by the filter objects of ldapts alone. */
export class DirectoryFilters {
  /** Who may use IM. */
  readonly users: Filter
  /** Groups that become nodes; absent when none do. */
  readonly groups: Filter | undefined
  readonly #preset: Preset

  /** Throws LdapSetupError that says which of the configured filters is wrong, and where. */
  constructor({ preset, filter, groups }: Pick<DirectoryOptions, 'preset' | 'filter' | 'groups'>) {
    this.#preset = presets[preset]
    const { personFilter, groupFilter } = this.#preset
    this.users = both(parseFilter(personFilter), configured('filter', filter))
    this.groups = groups && both(parseFilter(groupFilter), configured('groups.filter', groups.filter))
  }

  /** Entries of these ids, of any kind or only those that fit. */
  byIds(ids: readonly SourceId[], fitting?: Filter): Filter {
    const filters = ids.flatMap((id) => idFilter(id, this.#preset.id) ?? [])
    return fitting === undefined ? new OrFilter({ filters }) : both(new OrFilter({ filters }), fitting)
  }

  /** Groups of any kind that have one of these as a member. */
  groupsWith(dns: readonly string[]): Filter {
    const { groupFilter, member } = this.#preset
    const filters = dns.map((value) => new EqualityFilter({ attribute: member, value }))
    return both(parseFilter(groupFilter), new OrFilter({ filters }))
  }

  /** Users whose account has ended between two moments; undefined when they are too far apart to ask for. */
  endedBetween(fromMs: number, toMs: number): Filter | undefined {
    const filters = this.#preset.accounts.ends.map((end) => endedBetween(end, fromMs, toMs))
    const known = filters.filter((filter) => filter !== undefined)
    return known.length < filters.length
      ? undefined
      : both(parseFilter(this.#preset.personFilter), new OrFilter({ filters: known }))
  }
}

function endedBetween(
  { attribute, valueAt, equalityStepMs }: AccountEnd,
  fromMs: number,
  toMs: number,
): Filter | undefined {
  if (equalityStepMs === undefined)
    return new AndFilter({
      filters: [
        new GreaterThanEqualsFilter({ attribute, value: valueAt(fromMs) }),
        new LessThanEqualsFilter({ attribute, value: valueAt(toMs) }),
      ],
    })
  if (toMs - fromMs > mostDays * dayMs) return undefined
  const values = new Set([valueAt(toMs)])
  for (let at = fromMs; at < toMs; at += equalityStepMs) values.add(valueAt(at))
  return new OrFilter({ filters: [...values].map((value) => new EqualityFilter({ attribute, value })) })
}

function both(first: Filter, second: Filter | undefined): Filter {
  return second === undefined ? first : new AndFilter({ filters: [first, second] })
}

function configured(name: string, text: string | undefined): Filter | undefined {
  if (text === undefined) return undefined
  try {
    return parseFilter(text)
  } catch (error) {
    if (error instanceof LdapSetupError) throw new LdapSetupError(`"directory.${name}": ${error.message}`)
    throw error
  }
}
