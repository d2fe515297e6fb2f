import type { Clock } from './clock.ts'
import type { HomeHolder, HomeLease, HomeLeases } from './home-leases.ts'
import type { HomeName } from './home-name.ts'
import type { Epoch } from './node-store.ts'

interface Held {
  readonly lease: HomeLease
  readonly until: number
}

/** The leases of processes that share this object; its listeners hear of a change before the call that made it resolves. */
export class HomeLeasesMemory implements HomeLeases {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #epochs = new Map<HomeName, Epoch>()
  readonly #held = new Map<HomeName, Held>()
  readonly #listeners = new Set<(home: HomeName | undefined) => void>()

  constructor(clock: Pick<Clock, 'elapsed'>) {
    this.#clock = clock
  }

  async take(home: HomeName, holder: HomeHolder, lifetimeMs: number): Promise<Epoch | undefined> {
    if (this.#lease(home)) return undefined
    const epoch = this.epoch(home) + 1
    this.#epochs.set(home, epoch)
    this.#hold({ home, epoch, holder }, lifetimeMs)
    this.#tell(home)
    return epoch
  }

  async renew(home: HomeName, holder: HomeHolder, epoch: Epoch, lifetimeMs: number): Promise<boolean> {
    if (epoch !== this.epoch(home)) return false
    this.#hold({ home, epoch, holder }, lifetimeMs)
    return true
  }

  async release(home: HomeName, epoch: Epoch): Promise<void> {
    if (this.#held.get(home)?.lease.epoch !== epoch) return
    this.#held.delete(home)
    this.#tell(home)
  }

  async lease(home: HomeName): Promise<HomeLease | undefined> {
    return this.#lease(home)
  }

  async leases(): Promise<readonly HomeLease[]> {
    return [...this.#held.keys()].flatMap((home) => this.#lease(home) ?? [])
  }

  onChange(listener: (home: HomeName | undefined) => void): () => void {
    const own = (home: HomeName | undefined): void => listener(home)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  /** Every home that was ever held. */
  async homes(): Promise<readonly HomeName[]> {
    return [...this.#epochs.keys()]
  }

  /** The epoch of the last take, 0 before the first: a NodeStoreMemory of that home refuses what is older. */
  epoch(home: HomeName): Epoch {
    return this.#epochs.get(home) ?? 0
  }

  #hold(lease: HomeLease, lifetimeMs: number): void {
    this.#held.set(lease.home, { lease, until: this.#clock.elapsed() + lifetimeMs })
  }

  #lease(home: HomeName): HomeLease | undefined {
    const held = this.#held.get(home)
    return held && this.#clock.elapsed() < held.until ? held.lease : undefined
  }

  #tell(home: HomeName): void {
    for (const listener of this.#listeners) listener(home)
  }
}
