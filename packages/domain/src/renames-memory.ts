import type { LogicalUrl } from '@parley/protocol'
import type { Clock } from './clock.ts'
import { followRenames, isRecorded, renameInMap, type WantedRename } from './follow-renames.ts'
import type { Locations, LocationWriter } from './locations.ts'
import type { Rename, Renames, RenameWriter } from './renames.ts'

/** Renames in one process, beside the map that they change. Listeners are told before `rename` resolves. */
export class RenamesMemory implements Renames, RenameWriter {
  readonly #map: Locations & LocationWriter
  readonly #clock: Pick<Clock, 'now'>
  readonly #log: Rename[] = []
  readonly #latest = new Map<LogicalUrl, Rename>()
  readonly #listeners = new Set<() => void>()

  constructor(map: Locations & LocationWriter, clock: Pick<Clock, 'now'>) {
    this.#map = map
    this.#clock = clock
  }

  find(node: LogicalUrl): Promise<LogicalUrl | undefined> {
    return followRenames(node, (from) => {
      const rename = this.#latest.get(from)
      return rename && this.#clock.now() < rename.until ? rename : undefined
    })
  }

  async since(sequence: number): Promise<readonly Rename[]> {
    return this.#log.filter((rename) => rename.sequence > sequence)
  }

  async rename(renames: readonly WantedRename[]): Promise<void> {
    await renameInMap(this.#map, renames, async (some) => this.#record(some))
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    const entry = () => listener()
    this.#listeners.add(entry)
    return () => void this.#listeners.delete(entry)
  }

  #record(renames: readonly WantedRename[]): void {
    for (const { from, to, until } of renames) {
      if (isRecorded({ from, to, until }, this.#latest.get(from), this.#latest.get(to))) continue
      const rename: Rename = { sequence: this.#log.length + 1, from, to, until }
      this.#log.push(rename)
      this.#latest.set(from, rename)
    }
  }
}
