import type { HomeName, LocationWriter } from '@parley/domain'

/** Users of each home, counted when somebody needs to know and kept since. */
export class HomeLoads {
  #counts: Map<HomeName, number> | undefined

  /** Takes over what was counted elsewhere. */
  set(counts: ReadonlyMap<HomeName, number>): void {
    this.#counts = new Map(counts)
  }

  /** Forgets them, as they may have changed. */
  forget(): void {
    this.#counts = undefined
  }

  /** Counts the users of the map unless that is done. Rejects with UnavailableError. */
  async count(map: Pick<LocationWriter, 'all'>): Promise<void> {
    if (this.#counts) return
    const counts = new Map<HomeName, number>()
    for await (const { kind, home } of map.all()) if (kind === 'user') counts.set(home, (counts.get(home) ?? 0) + 1)
    this.#counts = counts
  }

  of(home: HomeName): number {
    return this.#counts?.get(home) ?? 0
  }

  add(home: HomeName, users: number): void {
    this.#counts?.set(home, this.of(home) + users)
  }
}
