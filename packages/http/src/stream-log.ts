import type { PendingNotify } from './notify-pending.ts'

/**
 * What was sent over a stream and not acknowledged, in the order sent: bounded, and without states that a newer one
 * replaced. Costs nothing while it is empty.
 */
export class StreamLog {
  readonly #maxCount: number
  readonly #maxLength: number
  #sent: Map<number, PendingNotify> | undefined
  #byKey: Map<string, PendingNotify> | undefined
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
    while (this.#sent && (this.#sent.size >= this.#maxCount || this.#length >= this.#maxLength)) {
      const [oldest] = this.#sent.values()
      if (!oldest) return true
      if (oldest.isAwaited) return false
      this.#forget(oldest)
    }
    return true
  }

  /** Numbers and keeps what is sent now. */
  append(notify: PendingNotify): number {
    const sequence = ++this.#last
    notify.sequence = sequence
    this.#sent ??= new Map()
    if (notify.supersedes !== undefined) {
      this.#byKey ??= new Map()
      const older = this.#byKey.get(notify.supersedes)
      if (older && !older.isAwaited) {
        this.#sent.delete(older.sequence)
        this.#length -= older.body.length
      }
      this.#byKey.set(notify.supersedes, notify)
    }
    this.#sent.set(sequence, notify)
    this.#length += notify.body.length
    return sequence
  }

  /** Takes out, oldest first, all up to `sequence`. */
  *acknowledge(sequence: number): Iterable<PendingNotify> {
    if (!this.#sent) return
    for (const [number, notify] of this.#sent) {
      if (number > sequence) return
      this.remove(notify)
      yield notify
    }
  }

  /** Takes one out that must not be sent again; the device misses nothing by it. */
  remove(notify: PendingNotify): void {
    if (!this.#sent?.delete(notify.sequence)) return
    this.#length -= notify.body.length
    if (notify.supersedes !== undefined && this.#byKey?.get(notify.supersedes) === notify) {
      this.#byKey.delete(notify.supersedes)
    }
    if (this.#sent.size === 0) {
      this.#sent = undefined
      this.#byKey = undefined
    }
  }

  /** What a device that is at `sequence` has not got, in order. */
  *after(sequence: number): Iterable<PendingNotify> {
    for (const [number, notify] of this.#sent ?? []) if (number > sequence) yield notify
  }

  /** Takes all out; a device that resumes from before misses them. */
  takeAll(): PendingNotify[] {
    const all = [...(this.#sent?.values() ?? [])]
    for (const notify of all) this.#forget(notify)
    return all
  }

  /** Whether anything here was here already at the last call. */
  age(): boolean {
    const [oldest] = this.#sent?.values() ?? []
    const isOld = oldest !== undefined && oldest.sequence <= this.#lastAtAging
    this.#lastAtAging = this.#last
    return isOld
  }

  #forget(notify: PendingNotify): void {
    this.#lastLost = Math.max(this.#lastLost, notify.sequence)
    this.remove(notify)
  }
}
