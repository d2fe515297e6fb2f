/** A log destination that keeps what was written, for tests that look at it. */
export class LogRecord {
  readonly lines: string[] = []

  readonly #waiting: { readonly event: string; readonly resolve: () => void }[] = []

  write(line: string): void {
    this.lines.push(line)
    const { event } = JSON.parse(line)
    for (const waiting of this.#waiting) if (waiting.event === event) waiting.resolve()
  }

  /** Resolves at the next line of `event`; at once if there is one already. */
  async logged(event: string): Promise<void> {
    if (this.of(event).length > 0) return
    await new Promise<void>((resolve) => this.#waiting.push({ event, resolve }))
  }

  /** Parsed lines of one event. */
  of(event: string): readonly Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line)).filter((entry) => entry.event === event)
  }
}
