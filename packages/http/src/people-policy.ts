import { isInContainer, type People, type PeopleQuery, type Person } from '@parley/domain'
import { aliasOf, domainOf, type LogicalUrl } from '@parley/protocol'
import type { PersonAnswer } from './people-schemas.ts'

/** Who may find whom, and what is shown of them. */
export interface PeoplePolicy {
  /** Attributes that are shown, and that people can be found by; `mail` among them shows the mail address. */
  readonly show: readonly string[]
  /** Only people of the caller's own container (`unit`), or whose attribute of that name is the caller's; all when absent. */
  readonly within?: string | undefined
}

/** What people can be found by: to find somebody by what is not shown would show it. */
export function criteriaOf({ show }: PeoplePolicy): readonly string[] {
  return show.filter((name) => !['mail', 'q', 'limit'].includes(name))
}

/** What is released of somebody. */
export function released({ show }: PeoplePolicy, { node, displayName, mail, attributes }: Person): PersonAnswer {
  const alias = aliasOf(node)
  return {
    href: node,
    address: alias === undefined ? node : `${alias}@${domainOf(node)}`,
    displayName,
    ...(mail !== undefined && show.includes('mail') && { mail }),
    attributes: Object.fromEntries(Object.entries(attributes).filter(([name]) => show.includes(name))),
  }
}

/** Among whom a caller may search: `within` is for the query. */
export interface Circle {
  readonly within?: NonNullable<PeopleQuery['within']>
  has(person: Person): boolean
}

/** The circle of a caller; undefined when it has none, so that it finds nobody. Rejects with UnavailableError. */
export async function circleOf(
  { within }: PeoplePolicy,
  caller: LogicalUrl,
  people: Pick<People, 'person'>,
): Promise<Circle | undefined> {
  if (within === undefined) return { has: () => true }
  const self = await people.person(caller)
  if (within === 'unit') {
    const unit = self?.unit
    if (unit === undefined) return undefined
    return { within: { unit }, has: (person) => isInContainer(person.unit, unit) }
  }
  const value = self?.attributes[within]
  if (value === undefined) return undefined
  return { within: { attribute: within, value }, has: ({ attributes }) => attributes[within] === value }
}
