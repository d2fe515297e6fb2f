import { aliasOf } from '@parley/protocol'
import type { MapEntry } from './locations.ts'
import type { PeopleFound, PeopleQuery, Person } from './people.ts'
import { searchWords } from './search-words.ts'

const mostWords = 8
const mostCriteria = 4
const mostFound = 100

/** A query within its bounds (PeopleQuery): what is beyond them is left out. */
export function boundedQuery({ words, criteria, within, limit }: PeopleQuery): PeopleQuery {
  const bounded = (some: readonly string[]) => some.filter((word) => word !== '').slice(0, mostWords)
  const given = Object.entries(criteria)
    .map(([attribute, wanted]) => [attribute, bounded(wanted)] as const)
    .filter(([, wanted]) => wanted.length > 0)
  return {
    words: bounded(words),
    criteria: Object.fromEntries(given.slice(0, mostCriteria)),
    ...(within && { within }),
    limit: Math.min(Math.max(1, Math.trunc(limit)), mostFound),
  }
}

/** What a search shows of a user. */
export function personOf({ node, displayName, mail, unit, attributes = {} }: MapEntry): Person {
  return { node, displayName, ...(mail !== undefined && { mail }), ...(unit !== undefined && { unit }), attributes }
}

/** The words that a user is found by: of the names, the address and the alias. */
export function wordsOfPerson(entry: MapEntry): readonly string[] {
  return [...new Set(textsOfPerson(entry).flatMap((text) => searchWords(text)))]
}

/** Whether a user of the map is one that the query looks for. */
export function isSought(entry: MapEntry, { words, criteria, within }: PeopleQuery): boolean {
  if (entry.kind !== 'user') return false
  const { attributes = {}, unit } = entry
  if (within && 'unit' in within && !isInContainer(unit, within.unit)) return false
  if (within && 'attribute' in within && ownValue(attributes, within.attribute) !== within.value) return false
  return (
    beginSome(words, textsOfPerson(entry)) &&
    Object.entries(criteria).every(([attribute, wanted]) => {
      const value = ownValue(attributes, attribute)
      return value !== undefined && beginSome(wanted, [value])
    })
  )
}

/** The best of those who were found (PeopleFound.people); `more` when not all of them were looked at. */
export function bestOf(found: readonly Person[], { words: [first], limit }: PeopleQuery, more = false): PeopleFound {
  const ranked = found.map((person) => {
    const names = searchWords(person.displayName)
    const begins = first !== undefined && names[0]?.startsWith(first)
    return { person, key: `${begins ? 0 : 1} ${names.join(' ')} ${person.displayName} ${person.node}` }
  })
  ranked.sort((a, b) => (a.key < b.key ? -1 : 1))
  return { people: ranked.slice(0, limit).map(({ person }) => person), more: more || ranked.length > limit }
}

/** The parts of the name of a container in a directory, the uppermost first. */
export function containerPath(unit: string): readonly string[] {
  return (unit.match(/(?:\\.|[^\\,])+/gs) ?? []).reverse()
}

/** Whether a container of a directory is `container`, or below it. */
export function isInContainer(unit: string | undefined, container: string): boolean {
  if (unit === undefined) return false
  const path = containerPath(unit)
  const above = containerPath(container)
  return above.length > 0 && above.every((part, at) => path[at] === part)
}

function textsOfPerson({ node, displayName, mail = '', attributes = {} }: MapEntry): readonly string[] {
  return [
    displayName,
    mail,
    mail.slice(0, Math.max(0, mail.indexOf('@'))),
    aliasOf(node) ?? '',
    ownValue(attributes, 'givenName') ?? '',
    ownValue(attributes, 'surname') ?? '',
  ]
}

/** Whether each of the beginnings begins a word of one of the texts; the first text has most of them, as a rule. */
function beginSome(beginnings: readonly string[], texts: readonly string[]): boolean {
  let left = beginnings
  for (const text of texts) {
    if (left.length === 0) break
    const words = searchWords(text)
    left = left.filter((beginning) => !words.some((word) => word.startsWith(beginning)))
  }
  return left.length === 0
}

/** NOTE: names of attributes come from requests; "constructor" is none. */
function ownValue(attributes: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(attributes, name) ? attributes[name] : undefined
}
