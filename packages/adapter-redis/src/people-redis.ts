import {
  bestOf,
  boundedQuery,
  isSought,
  type MapEntry,
  type People,
  type PeopleFound,
  type PeopleQuery,
  type Person,
  personOf,
  searchWords,
} from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { nodeOfRef } from './keys.ts'
import { LocationsRedis } from './locations-redis.ts'
import { containerFact, nameAttributes, wordFact } from './people-index.ts'
import { searchScript } from './people-search-script.ts'
import type { RedisConnection } from './redis-connection.ts'

/** Users among whom the best are chosen, if no more were asked for. */
const leastFound = 50
/** Members of the index that a search looks at. */
const mostLookedAt = 1_000
/** Words of an attribute, or containers, that begin alike; where there are more, only the entries tell. */
const mostFacts = 1_000

/**
 * People search over the index that LocationsRedis keeps. The index proposes and the entries decide: what it has of a writer that was
 * interrupted is passed over.
 */
export class PeopleRedis implements People {
  readonly #connection: RedisConnection
  readonly #map: LocationsRedis

  constructor(connection: RedisConnection) {
    this.#connection = connection
    this.#map = new LocationsRedis(connection)
  }

  async search(query: PeopleQuery): Promise<PeopleFound> {
    const bounded = boundedQuery(query)
    const [more, nodes] = await this.#proposed(bounded)
    const entries = await this.#map.entries(nodes)
    const found = entries.filter((entry): entry is MapEntry => entry !== undefined && isSought(entry, bounded))
    return bestOf(found.map(personOf), bounded, more)
  }

  async person(node: LogicalUrl): Promise<Person | undefined> {
    const entry = await this.#map.entry(node)
    return entry?.kind === 'user' ? personOf(entry) : undefined
  }

  /** Whom the index proposes, and whether it has more of them. */
  async #proposed({ words, criteria, within, limit }: PeopleQuery): Promise<[boolean, LogicalUrl[]]> {
    const { keys } = this.#connection
    const all = Object.entries(criteria)
    const ofNames = all.filter(([attribute]) => nameAttributes.includes(attribute)).flatMap(([, some]) => some)
    const others = all.filter(([attribute]) => !nameAttributes.includes(attribute))
    const wanted = {
      words: [...new Set([...words, ...ofNames])],
      begin: others.flatMap(([attribute, some]) => some.map((word) => wordFact(attribute, word))),
      equal: [] as string[],
      mostFound: Math.max(limit, leastFound),
      mostLookedAt,
      mostFacts,
    }
    if (within && 'unit' in within) wanted.begin.push(containerFact(within.unit))
    // NOTE: the index knows words, not values, nor what is no word of them; whoever has all the words is looked at.
    else if (within && nameAttributes.includes(within.attribute)) wanted.words.push(...searchWords(within.value))
    else if (within) wanted.equal.push(...searchWords(within.value).map((word) => wordFact(within.attribute, word)))
    const reply = await this.#connection.runScript(
      searchScript,
      [keys.people('words'), keys.people('facts')],
      [JSON.stringify(wanted)],
    )
    const [more, ...refs] = Array.isArray(reply) ? reply : [0]
    const nodes = refs.map((ref) => nodeOfRef(String(ref))).filter((node) => node !== undefined)
    return [more === 1, nodes]
  }
}
