import type { MapEntry, SourceEntry } from '@parley/domain'
import { namesOf } from './map-content.ts'
import { MarkTable } from './mark-table.ts'

/** Claimants of one URL or name that are named to each other. */
const mostNamed = 5

/** What entries ask for that they do not have: URLs and names. Who asks for what another one asks for too gets it as little as that one. */
export class Claims {
  readonly #claimants = new MarkTable()
  readonly #released = new MarkTable()
  readonly #contested = new Map<string, string[]>()

  /** Takes note of what an entry asks for and gives up; `current` is what the map has of it. */
  add(entry: SourceEntry, current: MapEntry | undefined): void {
    for (const text of claimed(entry, current)) this.#claimants.set(text, (this.#claimants.get(text) ?? 0) + 1)
    const names = new Set(namesOf(entry))
    for (const name of current?.names ?? []) if (!names.has(name)) this.#released.set(name, 0)
  }

  /** Takes note, once all have been added, of who is to be named when something is contested. */
  name(entry: SourceEntry, current: MapEntry | undefined): void {
    for (const text of claimed(entry, current)) {
      if (!this.isContested(text)) continue
      const named = this.#contested.get(text) ?? []
      this.#contested.set(text, named.length < mostNamed ? [...named, entry.origin] : named)
    }
  }

  /** Whether several ask for it. */
  isContested(text: string): boolean {
    return (this.#claimants.get(text) ?? 0) > 1
  }

  /** Others who ask for it. */
  rivals(text: string, { origin }: SourceEntry): readonly string[] {
    return (this.#contested.get(text) ?? []).filter((other) => other !== origin)
  }

  /** Whether the entry that has the name gives it up. */
  isReleased(name: string): boolean {
    return this.#released.has(name)
  }
}

function claimed(entry: SourceEntry, current: MapEntry | undefined): readonly string[] {
  const held = new Set<string>(current?.names)
  const names = namesOf(entry).filter((name) => !held.has(name))
  return entry.node === current?.node ? names : [entry.node, ...names]
}
