import type { NatsEvents } from '../src/index.ts'

/** What a bus told of its connection, as lines such as `connected nats://…`, and the next one of a kind. */
export class EventRecord implements NatsEvents {
  readonly lines: string[] = []
  readonly #waiting = new Set<() => void>()
  #read = 0

  connected(server: string): void {
    this.#add(`connected ${server}`)
  }

  disconnected(detail: string): void {
    this.#add(`disconnected ${detail}`)
  }

  problem(detail: string): void {
    this.#add(`problem ${detail}`)
  }

  lost(count: number): void {
    this.#add(`lost ${count}`)
  }

  malformed(subject: string): void {
    this.#add(`malformed ${subject}`)
  }

  backgroundFailed(what: string, err: unknown): void {
    this.#add(`failed ${what}: ${err}`)
  }

  /** The next line that starts with `word`, of those that were not waited for yet. */
  async next(word: string): Promise<string> {
    for (;;) {
      while (this.#read < this.lines.length) {
        const line = this.lines[this.#read++] ?? ''
        if (line.startsWith(word)) return line
      }
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  count(word: string): number {
    return this.lines.filter((line) => line.startsWith(word)).length
  }

  #add(line: string): void {
    this.lines.push(line)
    for (const resume of this.#waiting) resume()
    this.#waiting.clear()
  }
}
