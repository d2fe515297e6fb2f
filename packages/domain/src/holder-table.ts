import type { Clock } from './clock.ts'
import type { HomeLease, HomeLeases } from './home-leases.ts'
import type { HomeName } from './home-name.ts'

/** What a table of holders needs, and may be told. */
export interface HolderTableOptions {
  readonly leases: HomeLeases
  readonly clock: Clock
  /** How often `next` asks meanwhile, since nobody tells of a lease that runs out and is taken while messages are missed. */
  readonly pollMs?: number
  /** Homes remembered at most; the one known for longest goes first. */
  readonly maxHomes?: number
}

interface Known {
  readonly lease: HomeLease
  /** It may have changed since: to be asked again, and still the best answer while nobody can be asked. */
  doubtful: boolean
}

interface Wait {
  readonly waiters: Set<(lease: HomeLease) => void>
  stopPolling: () => void
}

/** For how long nobody asks leases that did not answer, about a home that is known. */
const awayMs = 1_000

/**
 * Who holds which home, as a process remembers it: kept right by what HomeLeases tells, by whoever finds that a holder is no
 * longer one (`forget`), and by asking again. While the leases cannot be asked, the last known holder stays.
 */
export class HolderTable implements Disposable {
  readonly #leases: HomeLeases
  readonly #clock: Clock
  readonly #pollMs: number
  readonly #maxHomes: number
  readonly #known = new Map<HomeName, Known>()
  readonly #lookups = new Map<HomeName, Promise<HomeLease | undefined>>()
  readonly #waits = new Map<HomeName, Wait>()
  readonly #followers = new Set<(lease: HomeLease) => void>()
  readonly #stopListening: () => void
  #awayUntil = Number.NEGATIVE_INFINITY

  constructor({ leases, clock, pollMs = 500, maxHomes = 10_000 }: HolderTableOptions) {
    this.#leases = leases
    this.#clock = clock
    this.#pollMs = pollMs
    this.#maxHomes = maxHomes
    this.#stopListening = leases.onChange((home) => this.#changed(home))
  }

  /** Who holds the home; at once when that is known. Rejects with UnavailableError when it is not, and nobody answers. */
  find(home: HomeName): HomeLease | undefined | Promise<HomeLease | undefined> {
    const known = this.#known.get(home)
    if (known && (!known.doubtful || this.#clock.elapsed() < this.#awayUntil)) return known.lease
    return this.#look(home)
  }

  /** Says that `lease` is out of date, e.g. because its holder refused a request: `find` asks again unless it knows a newer one. */
  forget(lease: HomeLease): void {
    const known = this.#known.get(lease.home)
    if (known && known.lease.epoch <= lease.epoch) known.doubtful = true
  }

  /**
   * Waits for a lease that is newer than `after`, any when that is undefined; resolves with undefined when `deadline` aborts.
   * Never rejects: while nobody answers, it goes on asking.
   */
  next(home: HomeName, after: HomeLease | undefined, deadline: AbortSignal): Promise<HomeLease | undefined> {
    const isNews = (lease: HomeLease): boolean => after === undefined || lease.epoch > after.epoch
    const known = this.#known.get(home)
    if (known && !known.doubtful && isNews(known.lease)) return Promise.resolve(known.lease)
    if (deadline.aborted) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const wait = this.#waits.get(home) ?? { waiters: new Set(), stopPolling: () => {} }
      this.#waits.set(home, wait)
      const end = (lease: HomeLease | undefined): void => {
        wait.waiters.delete(offer)
        deadline.removeEventListener('abort', giveUp)
        if (wait.waiters.size === 0) this.#endWait(home, wait)
        resolve(lease)
      }
      const offer = (lease: HomeLease): void => {
        if (isNews(lease)) end(lease)
      }
      const giveUp = (): void => end(undefined)
      deadline.addEventListener('abort', giveUp)
      wait.waiters.add(offer)
      if (wait.waiters.size === 1) this.#poll(home, wait)
    })
  }

  /** Calls `listener` with each lease that becomes known in place of an older one, or of none. Returns how to stop. */
  follow(listener: (lease: HomeLease) => void): () => void {
    const entry: typeof listener = (lease) => listener(lease)
    this.#followers.add(entry)
    return () => void this.#followers.delete(entry)
  }

  /** Stops listening and polling; who waits in `next` does so until its deadline. */
  [Symbol.dispose](): void {
    this.#stopListening()
    for (const [home, wait] of this.#waits) this.#endWait(home, wait)
  }

  #look(home: HomeName): Promise<HomeLease | undefined> {
    const underWay = this.#lookups.get(home)
    if (underWay) return underWay
    const isLatest = (): boolean => this.#lookups.get(home) === lookup && this.#lookups.delete(home)
    const lookup: Promise<HomeLease | undefined> = this.#leases.lease(home).then(
      (lease) => {
        // An answer from before a change is as good as none for those who ask later.
        if (isLatest()) this.#remember(home, lease)
        if (lease) for (const offer of this.#waits.get(home)?.waiters ?? []) offer(lease)
        return lease
      },
      (err: unknown) => {
        isLatest()
        this.#awayUntil = this.#clock.elapsed() + awayMs
        const known = this.#known.get(home)
        if (known) return known.lease
        throw err
      },
    )
    this.#lookups.set(home, lookup)
    return lookup
  }

  #remember(home: HomeName, lease: HomeLease | undefined): void {
    const before = this.#known.get(home)
    this.#known.delete(home)
    if (!lease) return
    this.#known.set(home, { lease, doubtful: false })
    if (this.#known.size > this.#maxHomes) {
      for (const [oldest] of this.#known) {
        this.#known.delete(oldest)
        break
      }
    }
    if (before?.lease.epoch !== lease.epoch) for (const tell of this.#followers) tell(lease)
  }

  #changed(home: HomeName | undefined): void {
    for (const each of home === undefined ? this.#known.keys() : [home]) {
      const known = this.#known.get(each)
      if (known) known.doubtful = true
    }
    if (home === undefined) this.#lookups.clear()
    else this.#lookups.delete(home)
    for (const [waited, wait] of this.#waits) if (home === undefined || waited === home) this.#poll(waited, wait)
  }

  #poll(home: HomeName, wait: Wait): void {
    wait.stopPolling()
    wait.stopPolling = this.#clock.after(this.#pollMs, () => this.#poll(home, wait))
    // A failure is what the waiters wait out.
    this.#look(home).catch(() => undefined)
  }

  #endWait(home: HomeName, wait: Wait): void {
    wait.stopPolling()
    if (this.#waits.get(home) === wait) this.#waits.delete(home)
  }
}
