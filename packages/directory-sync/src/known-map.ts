import type { HomeName, LocationWriter, MapEntry, SourceEntry, SourceId } from '@parley/domain'
import { contentOf, mapEntryOf, namesOf } from './map-content.ts'
import { MarkTable, markNumber } from './mark-table.ts'

/** What a full read is compared with: the whole map, in some 100 bytes an entry. Only entries that come from the directory count, and users whom nobody else may enter. */
export class KnownMap {
  /** Ordinal of each id. */
  readonly #ids = new MarkTable()
  /** Nodes and names of all entries. */
  readonly #texts = new MarkTable()
  readonly #contents: number[] = []
  readonly #homes: number[] = []
  readonly #isUser: boolean[] = []
  readonly #isSeen: boolean[] = []
  readonly #homeNames: HomeName[] = []
  readonly #twice = new Set<SourceId>()
  #doubles = new Map<SourceId, MapEntry[]>()

  static async read(map: Pick<LocationWriter, 'all'>): Promise<KnownMap> {
    const known = new KnownMap()
    for await (const entry of map.all()) known.#add(entry)
    if (known.#twice.size > 0) known.#doubles = await doublesOf(map, known.#twice)
    return known
  }

  /** Users of the map that somebody can be removed from. */
  get users(): number {
    return this.#isUser.filter(Boolean).length
  }

  /** Groups that come from the directory. */
  get groups(): number {
    return this.#isUser.length - this.users
  }

  /** Users of each home. */
  get loads(): ReadonlyMap<HomeName, number> {
    const loads = new Map<HomeName, number>()
    this.#homes.forEach((home, at) => {
      const name = this.#homeNames[home]
      if (name !== undefined && this.#isUser[at]) loads.set(name, (loads.get(name) ?? 0) + 1)
    })
    return loads
  }

  /** Users whom the read has not shown so far. */
  get unseenUsers(): number {
    return this.#isUser.filter((isUser, at) => isUser && !this.#isSeen[at]).length
  }

  hasId(id: SourceId): boolean {
    return this.#ids.has(id)
  }

  /** Whether an entry may have the node, or the name. */
  hasText(text: string): boolean {
    return this.#texts.has(text)
  }

  /** Whether the read has shown the entry; false also when the map does not know it. */
  isSeen(entry: Pick<MapEntry, 'id' | 'node'>): boolean {
    return this.#isSeen[this.#ids.get(keyOf(entry)) ?? -1] ?? false
  }

  isSeenId(id: SourceId): boolean {
    return this.#isSeen[this.#ids.get(id) ?? -1] ?? false
  }

  setSeen(id: SourceId, seen: boolean): void {
    const at = this.#ids.get(id)
    if (at !== undefined) this.#isSeen[at] = seen
  }

  /** Takes note that an entry was read; returns whether the map says the same of it, at the home that it names. */
  see(entry: SourceEntry): boolean {
    const at = this.#ids.get(entry.id)
    if (at === undefined) {
      // A user of the time before entries had ids.
      this.setSeen(keyOf({ node: entry.node }), true)
      return false
    }
    this.#isSeen[at] = true
    const home = this.#homeNames[this.#homes[at] ?? -1]
    if (entry.kind === 'group' || home === undefined || this.#twice.has(entry.id)) return false
    if (entry.home !== undefined && entry.home !== home) return false
    const same = contentOf(mapEntryOf(entry, { node: entry.node, home, names: namesOf(entry) }))
    return this.#contents[at] === markNumber(same)
  }

  /** Entries of an id that the map has at several nodes, as a rename leaves it that was not finished. */
  doubles(id: SourceId): readonly MapEntry[] {
    return this.#doubles.get(id) ?? []
  }

  #add(entry: MapEntry): void {
    this.#texts.set(entry.node, 0)
    for (const name of entry.names ?? []) this.#texts.set(name, 0)
    if (!isOfDirectory(entry)) return
    const key = keyOf(entry)
    if (this.#ids.has(key)) {
      this.#twice.add(key)
      return
    }
    this.#ids.set(key, this.#contents.length)
    this.#contents.push(markNumber(contentOf(entry)))
    this.#homes.push(this.#homeAt(entry.home))
    this.#isUser.push(entry.kind === 'user')
    this.#isSeen.push(false)
  }

  #homeAt(home: HomeName): number {
    const at = this.#homeNames.indexOf(home)
    return at < 0 ? this.#homeNames.push(home) - 1 : at
  }
}

/** Whether an entry of the map is the directory's: groups and resources without an id were made by somebody. */
export function isOfDirectory({ id, kind }: MapEntry): boolean {
  return id !== undefined || kind === 'user'
}

/** NOTE: users without an id are of the time before entries had them; no id has a space. */
function keyOf({ id, node }: Pick<MapEntry, 'id' | 'node'>): string {
  return id ?? ` ${node}`
}

async function doublesOf(
  map: Pick<LocationWriter, 'all'>,
  ids: ReadonlySet<SourceId>,
): Promise<Map<SourceId, MapEntry[]>> {
  const doubles = new Map<SourceId, MapEntry[]>()
  for await (const entry of map.all()) {
    if (entry.id === undefined || !ids.has(entry.id)) continue
    doubles.set(entry.id, [...(doubles.get(entry.id) ?? []), entry])
  }
  return doubles
}
