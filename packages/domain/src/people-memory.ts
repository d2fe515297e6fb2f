import type { LogicalUrl } from '@parley/protocol'
import type { Locations, LocationWriter } from './locations.ts'
import type { People, PeopleFound, PeopleQuery, Person } from './people.ts'
import { bestOf, boundedQuery, isSought, personOf } from './people-match.ts'

/** Looks at everybody in the map, one after another: what every other search must find, for tests and small maps. */
export class PeopleMemory implements People {
  readonly #map: Pick<Locations & LocationWriter, 'all' | 'entry'>

  constructor(map: Pick<Locations & LocationWriter, 'all' | 'entry'>) {
    this.#map = map
  }

  async search(query: PeopleQuery): Promise<PeopleFound> {
    const bounded = boundedQuery(query)
    const found: Person[] = []
    for await (const entry of this.#map.all()) if (isSought(entry, bounded)) found.push(personOf(entry))
    return bestOf(found, bounded)
  }

  async person(node: LogicalUrl): Promise<Person | undefined> {
    const entry = await this.#map.entry(node)
    return entry?.kind === 'user' ? personOf(entry) : undefined
  }
}
