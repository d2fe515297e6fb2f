import {
  AndFilter,
  ApproximateFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  GreaterThanEqualsFilter,
  LessThanEqualsFilter,
  NotFilter,
  OrFilter,
  PresenceFilter,
  SubstringFilter,
} from 'ldapts'

/** A comparison in a filter: of which attribute, and with which value if it is with one whole value. */
export interface FilterTerm {
  readonly attribute: string
  readonly value?: string
}

/** All comparisons of a filter, however deep within it. */
export function filterTerms(filter: Filter): FilterTerm[] {
  if (filter instanceof AndFilter || filter instanceof OrFilter) return filter.filters.flatMap(filterTerms)
  if (filter instanceof NotFilter) return filterTerms(filter.filter)
  if (filter instanceof EqualityFilter) return [{ attribute: filter.attribute, value: filter.value.toString() }]
  if (filter instanceof ExtensibleFilter) return [{ attribute: filter.matchType, value: filter.value }]
  if (
    filter instanceof PresenceFilter ||
    filter instanceof SubstringFilter ||
    filter instanceof GreaterThanEqualsFilter ||
    filter instanceof LessThanEqualsFilter ||
    filter instanceof ApproximateFilter
  )
    return [{ attribute: filter.attribute }]
  return []
}
