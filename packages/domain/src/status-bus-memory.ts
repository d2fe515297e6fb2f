import type { LogicalUrl } from '@parley/protocol'
import type { HomeName } from './home-name.ts'
import type { HomeBeat, StatusBus, StatusChange } from './status-bus.ts'

/** The bus of one process: a change reaches its listeners before `publish` returns. */
export class StatusBusMemory implements StatusBus {
  readonly #changes = new Listeners<LogicalUrl, StatusChange>()
  readonly #beats = new Listeners<HomeName, HomeBeat>()

  publish(change: StatusChange): void {
    this.#changes.tell(change.node, change)
  }

  watch(node: LogicalUrl, listener: (change: StatusChange) => void): () => void {
    return this.#changes.add(node, listener)
  }

  beat(to: HomeName, beat: HomeBeat): void {
    this.#beats.tell(to, beat)
  }

  onBeat(home: HomeName, listener: (beat: HomeBeat) => void): () => void {
    return this.#beats.add(home, listener)
  }

  /** Nothing is ever lost here. */
  onLoss(): () => void {
    return () => {}
  }
}

class Listeners<Key, Message> {
  readonly #listeners = new Map<Key, Set<(message: Message) => void>>()

  tell(key: Key, message: Message): void {
    const listeners = this.#listeners.get(key)
    if (listeners) for (const listener of listeners) listener(message)
  }

  add(key: Key, listener: (message: Message) => void): () => void {
    const listeners = this.#listeners.get(key) ?? new Set()
    this.#listeners.set(key, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(key) === listeners) this.#listeners.delete(key)
    }
  }
}
