import type { InboxEvents } from '@parley/domain'

/** Remembers what an inbox told its owner. */
export class InboxEventsLog implements InboxEvents {
  readonly log: string[] = []
  #waiting: (() => void)[] = []

  reachable(): void {
    this.#add('reachable')
  }

  unreachable(how: 'refused' | 'silent'): void {
    this.#add(`unreachable: ${how}`)
  }

  reset(): void {
    this.#add('reset')
  }

  /** Resolves once `event` was told. */
  async told(event: string): Promise<void> {
    while (!this.log.includes(event)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #add(event: string): void {
    this.log.push(event)
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}
