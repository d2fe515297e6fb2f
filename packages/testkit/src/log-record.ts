/** A log destination that keeps what was written, for tests that look at it. */
export class LogRecord {
  readonly lines: string[] = []

  write(line: string): void {
    this.lines.push(line)
  }

  /** Parsed lines of one event. */
  of(event: string): readonly Record<string, unknown>[] {
    return this.lines.map((line) => JSON.parse(line)).filter((entry) => entry.event === event)
  }
}
