import { isDeepStrictEqual } from 'node:util'
import type { SourceEntry, SourceId, SourceProblem, SyncStore, WaitingEntry } from '@parley/domain'

/** More are counted, and get their turn by the next full read only. */
const mostWaiting = 10_000
const mostNews = 1_000
const atOnce = 500

/** Entries that cannot have what they ask for, or that an administrator has switched off: kept until they can. */
export class WaitingRoom {
  readonly #store: Pick<SyncStore, 'putWaiting' | 'removeWaiting'>
  readonly #before: ReadonlyMap<SourceId, WaitingEntry>
  readonly #now = new Set<SourceId>()
  readonly #open: WaitingEntry[] = []
  readonly #news: SourceProblem[] = []
  #count = 0

  private constructor(store: Pick<SyncStore, 'putWaiting' | 'removeWaiting'>, before: readonly WaitingEntry[]) {
    this.#store = store
    this.#before = new Map(before.map((one) => [one.entry.id, one]))
  }

  static async open(store: Pick<SyncStore, 'waiting' | 'putWaiting' | 'removeWaiting'>): Promise<WaitingRoom> {
    return new WaitingRoom(store, await store.waiting())
  }

  /** Those who waited when it was opened. */
  get before(): readonly SourceEntry[] {
    return [...this.#before.values()].map(({ entry }) => entry)
  }

  /** Whether the entry waited when it was opened. */
  had(id: SourceId): boolean {
    return this.#before.has(id)
  }

  /** Why entries wait that did not before, or not for this. */
  get news(): readonly SourceProblem[] {
    return this.#news
  }

  /** Entries that wait for what others have. */
  get count(): number {
    return this.#count
  }

  /** Lets an entry wait; `what` says for what, a sentence for an administrator. */
  add(entry: SourceEntry, what: string): void {
    this.#count += 1
    const problem = this.keep(entry, what)
    const isNew = this.#before.get(entry.id)?.problem.what !== what
    if (isNew && this.#news.length < mostNews) this.#news.push(problem)
  }

  /** Keeps an entry that is not in the map on purpose: neither counted nor news. */
  keep(entry: SourceEntry, what: string): SourceProblem {
    const problem = { id: entry.id, origin: entry.origin, what }
    if (this.#now.size >= mostWaiting) return problem
    this.#now.add(entry.id)
    const waiting = { entry, problem }
    if (!isDeepStrictEqual(this.#before.get(entry.id), waiting)) this.#open.push(waiting)
    return problem
  }

  /** Writes who waits now, and lets go who does not any more. Rejects with UnavailableError. */
  async save(step: () => void): Promise<void> {
    for (let at = 0; at < this.#open.length; at += atOnce) {
      step()
      await this.#store.putWaiting(this.#open.slice(at, at + atOnce))
    }
    const ended = [...this.#before.keys()].filter((id) => !this.#now.has(id))
    for (let at = 0; at < ended.length; at += atOnce) {
      step()
      await this.#store.removeWaiting(ended.slice(at, at + atOnce))
    }
  }
}
