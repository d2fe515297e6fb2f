import type { FormatRecord, StoredFormat } from './format-record.ts'

/** A record for processes that share this object. */
export class FormatRecordMemory implements FormatRecord {
  readonly #isEmpty: () => boolean
  #stored: StoredFormat | undefined

  constructor(isEmpty: () => boolean = () => true) {
    this.#isEmpty = isEmpty
  }

  async read(): Promise<StoredFormat | undefined> {
    return this.#stored
  }

  async replace(before: StoredFormat | undefined, next: StoredFormat): Promise<boolean> {
    const stored = this.#stored
    if (stored?.format !== before?.format || stored?.readers !== before?.readers) return false
    this.#stored = { ...next }
    return true
  }

  async isEmpty(): Promise<boolean> {
    return this.#isEmpty()
  }
}
