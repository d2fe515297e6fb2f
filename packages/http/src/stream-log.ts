import type { PendingNotify } from './notify-pending.ts'

/**
 * What was sent over a stream and not acknowledged, in the order sent: bounded, and repeated without states that a newer one
 * replaced. Costs nothing while it is empty.
 */
export class StreamLog {
  readonly #maxCount: number
  readonly #maxLength: number
  /** What was sent last stands at the end, one number before another; undefined where one was taken out. */
  #sent: (PendingNotify | undefined)[] | undefined
  #length = 0
  #last = 0
  #lastLost = 0
  #lastAtAging = 0

  /** `maxLength` bounds the bodies together, in UTF-16 units. */
  constructor(maxCount: number, maxLength: number) {
    this.#maxCount = maxCount
    this.#maxLength = maxLength
  }

  /** The sequence number sent last; 0 before the first. */
  get last(): number {
    return this.#last
  }

  get isEmpty(): boolean {
    return this.#sent === undefined
  }

  /** Whether what follows `sequence` is all here; if not, the device must be told the states anew. */
  isCompleteAfter(sequence: number): boolean {
    return sequence >= this.#lastLost
  }

  /**
   * Makes room for another event, by forgetting the oldest. False when that is one whose sender waits: it must be
   * acknowledged, or run out of time, first.
   */
  makeRoom(): boolean {
    while (this.#sent && (this.#sent.length >= this.#maxCount || this.#length >= this.#maxLength)) {
      const oldest = this.#sent[0]
      if (!oldest) return true
      if (oldest.isAwaited) return false
      this.#forget(oldest)
    }
    return true
  }

  /** Numbers and keeps what is sent now. */
  append(notify: PendingNotify): number {
    this.#last += 1
    notify.sequence = this.#last
    if (this.#sent) this.#sent.push(notify)
    else this.#sent = [notify]
    this.#length += notify.body.length
    return this.#last
  }

  /** Takes out, oldest first, all up to `sequence`. */
  acknowledge(sequence: number): readonly PendingNotify[] {
    if (!this.#sent) return []
    const taken = this.#sent.splice(0, sequence - this.#first + 1)
    const found: PendingNotify[] = []
    for (const notify of taken) {
      if (!notify) continue
      this.#length -= notify.body.length
      found.push(notify)
    }
    this.#trim()
    return found
  }

  /** Takes one out that must not be sent again; the device misses nothing by it. */
  remove(notify: PendingNotify): void {
    const at = notify.sequence - this.#first
    if (this.#sent?.[at] !== notify) return
    this.#sent[at] = undefined
    this.#length -= notify.body.length
    this.#trim()
  }

  /** What a device that is at `sequence` has not got, in order: of the states of one key only the newest. */
  after(sequence: number): readonly PendingNotify[] {
    const missed = this.#all().filter((notify) => notify.sequence > sequence)
    const newest = new Map(missed.map((notify) => [notify.supersedes, notify]))
    return missed.filter(
      (notify) => notify.supersedes === undefined || notify.isAwaited || newest.get(notify.supersedes) === notify,
    )
  }

  /** Takes all out; a device that resumes from before misses them. */
  takeAll(): readonly PendingNotify[] {
    const all = this.#all()
    for (const notify of all) this.#forget(notify)
    return all
  }

  /** Whether anything here was here already at the last call. */
  age(): boolean {
    const isOld = this.#sent !== undefined && this.#first <= this.#lastAtAging
    this.#lastAtAging = this.#last
    return isOld
  }

  /** The number of what is first in `#sent`. */
  get #first(): number {
    return this.#last - (this.#sent?.length ?? 0) + 1
  }

  #all(): readonly PendingNotify[] {
    return this.#sent?.filter((notify) => notify !== undefined) ?? []
  }

  #forget(notify: PendingNotify): void {
    this.#lastLost = Math.max(this.#lastLost, notify.sequence)
    this.remove(notify)
  }

  /** Sees to it that what comes first is there. */
  #trim(): void {
    const first = this.#sent?.findIndex((notify) => notify !== undefined) ?? 0
    if (first < 0) this.#sent = undefined
    else if (first > 0) this.#sent?.splice(0, first)
  }
}
