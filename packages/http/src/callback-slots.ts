/** Permits for connections, given out first come, first served: each inbox asks for one at a time, so none starves. */
export class CallbackSlots {
  readonly #waiting = new Set<() => boolean>()
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  /**
   * Calls `granted` once a permit is free, perhaps at once; it returns whether it takes it. The returned function takes the
   * wish back.
   */
  acquire(granted: () => boolean): () => void {
    if (this.#free > 0) {
      if (granted()) this.#free -= 1
      return () => {}
    }
    this.#waiting.add(granted)
    return () => this.#waiting.delete(granted)
  }

  /** Gives one permit back. */
  release(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next)
      if (next()) return
    }
    this.#free += 1
  }
}
