import { type HomeName, type Locations, LocationsMemory, type MapEntry, type NodeLocation } from '@parley/domain'
import { type LogicalUrl, UnavailableError } from '@parley/protocol'

/** A map that a test takes away, holds answers of back, or lets move nodes without saying so. */
export class MapUnderTest implements Locations {
  /** The map as its administrator sees it; changes made here are told at once. */
  readonly entries = new LocationsMemory()
  readonly #held: (() => void)[] = []
  readonly #gaps = new Set<() => void>()
  #isHolding = false
  /** Whether nothing can be asked. */
  isAway = false
  /** Whether nothing can be asked once the users have been listed. */
  isAwayAfterList = false
  /** Whether the next move is carried out, and nothing can be asked from then on. */
  dropsAnswers = false
  /** Whether changes are not told. */
  isSilent = false
  lookups = 0

  async locate(node: LogicalUrl): Promise<NodeLocation | undefined> {
    this.lookups += 1
    this.#demand()
    const location = this.entries.locate(node)
    if (this.#isHolding) await new Promise<void>((resolve) => this.#held.push(resolve))
    return location
  }

  async *usersOf(home: HomeName): AsyncIterable<NodeLocation> {
    this.#demand()
    const users = await Array.fromAsync(this.entries.usersOf(home))
    if (this.#isHolding) await new Promise<void>((resolve) => this.#held.push(resolve))
    yield* users
    if (this.isAwayAfterList) this.isAway = true
    this.isAwayAfterList = false
  }

  async named(name: string): Promise<NodeLocation | undefined> {
    this.#demand()
    return await this.entries.named(name)
  }

  async entry(node: LogicalUrl): Promise<MapEntry | undefined> {
    this.#demand()
    return await this.entries.entry(node)
  }

  async membersOf(group: LogicalUrl): Promise<readonly LogicalUrl[] | undefined> {
    this.#demand()
    return await this.entries.membersOf(group)
  }

  async claim(location: NodeLocation): Promise<NodeLocation> {
    this.#demand()
    return await this.entries.claim(location)
  }

  async mark(node: LogicalUrl, home: HomeName, mark: string): Promise<boolean> {
    this.#demand()
    return await this.entries.mark(node, home, mark)
  }

  async move(node: LogicalUrl, from: HomeName, to: HomeName, mark?: string): Promise<boolean> {
    this.#demand()
    const moved = await this.entries.move(node, from, to, mark)
    if (this.dropsAnswers) this.isAway = true
    this.dropsAnswers = false
    this.#demand()
    return moved
  }

  onChange(listener: (changed: readonly LogicalUrl[] | undefined) => void): () => void {
    const missed = (): void => listener(undefined)
    this.#gaps.add(missed)
    const stop = this.entries.onChange((changed) => {
      if (!this.isSilent) listener(changed)
    })
    return () => {
      this.#gaps.delete(missed)
      stop()
    }
  }

  /** Tells the listeners that they may have missed changes. */
  gap(): void {
    this.isSilent = false
    for (const missed of this.#gaps) missed()
  }

  /** Answers of lookups and lists, as they are now, wait until `release`. */
  hold(): void {
    this.#isHolding = true
  }

  release(): void {
    this.#isHolding = false
    for (const go of this.#held.splice(0)) go()
  }

  #demand(): void {
    if (this.isAway) throw new UnavailableError('the map does not answer')
  }
}
