import type { PendingNotify } from './notify-pending.ts'

/** What waits for one device, oldest first, bounded in count and in size; costs nothing while it is empty. */
export class NotifyQueue {
  readonly #maxCount: number
  readonly #maxLength: number
  #items: Set<PendingNotify> | undefined
  #byKey: Map<string, PendingNotify> | undefined
  #length = 0

  /** `maxLength` bounds the bodies together, in UTF-16 units. */
  constructor(maxCount: number, maxLength: number) {
    this.#maxCount = maxCount
    this.#maxLength = maxLength
  }

  get size(): number {
    return this.#items?.size ?? 0
  }

  /**
   * Appends, or replaces the waiting one of the same key in its place. Returns what now waits: `notify`, or the older one
   * that took over its content; undefined when there is no room.
   */
  add(notify: PendingNotify): PendingNotify | undefined {
    const older = notify.supersedes === undefined ? undefined : this.#byKey?.get(notify.supersedes)
    const growth = notify.body.length - (older?.body.length ?? 0)
    if (growth > 0 && this.#length + growth > this.#maxLength) return undefined
    if (older) {
      this.#length += growth
      older.becomeNewer(notify)
      return older
    }
    if (this.size >= this.#maxCount) return undefined
    this.#items ??= new Set()
    this.#items.add(notify)
    this.#index(notify)
    return notify
  }

  /** Puts back what was taken, before all others; unless a newer one of its key waits, which then stands for both. */
  putBack(notify: PendingNotify): void {
    const newer = notify.supersedes === undefined ? undefined : this.#byKey?.get(notify.supersedes)
    if (newer) {
      const { delivery } = newer
      newer.becomeNewer(notify)
      newer.delivery = delivery
      return
    }
    this.#items = new Set([notify, ...(this.#items ?? [])])
    this.#index(notify)
  }

  /** Takes the oldest. */
  take(): PendingNotify | undefined {
    const oldest = this.#items?.values().next().value
    if (oldest) this.remove(oldest)
    return oldest
  }

  remove(notify: PendingNotify): boolean {
    if (!this.#items?.delete(notify)) return false
    this.#length -= notify.body.length
    if (notify.supersedes !== undefined) this.#byKey?.delete(notify.supersedes)
    if (this.#items.size === 0) {
      this.#items = undefined
      this.#byKey = undefined
    }
    return true
  }

  /** Takes those, oldest first, whose sender waits and that nothing newer can replace. */
  takeMessages(): PendingNotify[] {
    const messages = [...(this.#items ?? [])].filter((notify) => notify.isMessage)
    for (const notify of messages) this.remove(notify)
    return messages
  }

  /** Takes all, oldest first. */
  takeAll(): PendingNotify[] {
    const all = [...(this.#items ?? [])]
    this.#items = undefined
    this.#byKey = undefined
    this.#length = 0
    return all
  }

  #index(notify: PendingNotify): void {
    this.#length += notify.body.length
    if (notify.supersedes === undefined) return
    this.#byKey ??= new Map()
    this.#byKey.set(notify.supersedes, notify)
  }
}
