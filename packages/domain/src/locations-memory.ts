import type { LogicalUrl } from '@parley/protocol'
import type { HomeName } from './home-name.ts'
import { type Locations, type LocationWriter, locationOf, type MapEntry, type NodeLocation } from './locations.ts'

/** The map in one process, which any number of homes and routers may share; a change reaches its listeners before the call returns. */
export class LocationsMemory implements Locations, LocationWriter {
  readonly #locations = new Map<LogicalUrl, MapEntry>()
  readonly #names = new Map<string, LogicalUrl>()
  readonly #members = new Map<LogicalUrl, readonly LogicalUrl[]>()
  readonly #listeners = new Set<(changed: readonly LogicalUrl[] | undefined) => void>()

  locate(node: LogicalUrl): NodeLocation | undefined {
    return this.#locations.get(node)
  }

  async *usersOf(home: HomeName): AsyncIterable<NodeLocation> {
    for (const location of [...this.#locations.values()]) {
      if (location.kind === 'user' && location.home === home) yield location
    }
  }

  async named(name: string): Promise<NodeLocation | undefined> {
    const node = this.#names.get(name)
    const entry = node && this.#locations.get(node)
    return entry && locationOf(entry)
  }

  async entry(node: LogicalUrl): Promise<MapEntry | undefined> {
    return this.#locations.get(node)
  }

  async membersOf(group: LogicalUrl): Promise<readonly LogicalUrl[] | undefined> {
    return this.#members.get(group)
  }

  async claim(location: NodeLocation): Promise<NodeLocation> {
    const first = this.#locations.get(location.node)
    if (first) return first
    this.#locations.set(location.node, location)
    this.#tell([location.node])
    return location
  }

  async mark(node: LogicalUrl, home: HomeName, mark: string): Promise<boolean> {
    const location = this.#locations.get(node)
    if (location?.home !== home) return false
    this.#locations.set(node, { ...location, mark })
    return true
  }

  async move(node: LogicalUrl, from: HomeName, to: HomeName, mark?: string): Promise<boolean> {
    const location = this.#locations.get(node)
    if (location?.home !== from || (mark !== undefined && location.mark !== mark)) return false
    this.#locations.set(node, { ...unmarked(location), home: to })
    this.#tell([node])
    return true
  }

  async put(entries: readonly MapEntry[]): Promise<void> {
    for (const entry of entries) {
      this.#forgetNames(entry.node)
      this.#locations.set(entry.node, unmarked(entry))
      for (const name of entry.names ?? []) this.#names.set(name, entry.node)
    }
    this.#tell(entries.map(({ node }) => node))
  }

  async remove(nodes: readonly LogicalUrl[]): Promise<void> {
    for (const node of nodes) {
      this.#forgetNames(node)
      this.#members.delete(node)
    }
    this.#tell(nodes.filter((node) => this.#locations.delete(node)))
  }

  async putMembers(group: LogicalUrl, members: readonly LogicalUrl[]): Promise<void> {
    this.#members.set(group, members)
    this.#tell([group])
  }

  async *all(): AsyncIterable<MapEntry> {
    yield* [...this.#locations.values()]
  }

  onChange(listener: (changed: readonly LogicalUrl[] | undefined) => void): () => void {
    // One entry a call: the same function may listen twice, and each stops for itself.
    const entry: typeof listener = (changed) => listener(changed)
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  #forgetNames(node: LogicalUrl): void {
    for (const name of this.#locations.get(node)?.names ?? [])
      if (this.#names.get(name) === node) this.#names.delete(name)
  }

  #tell(changed: readonly LogicalUrl[]): void {
    if (changed.length === 0) return
    for (const listener of this.#listeners) listener(changed)
  }
}

function unmarked({ mark: _, ...location }: MapEntry): MapEntry {
  return location
}
