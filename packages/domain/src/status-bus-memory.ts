import type { LogicalUrl } from '@parley/protocol'
import type { StatusBus, StatusChange } from './status-bus.ts'

/** The bus of one process: a change reaches its listeners before `publish` returns. */
export class StatusBusMemory implements StatusBus {
  readonly #listeners = new Map<LogicalUrl, Set<(change: StatusChange) => void>>()

  publish(change: StatusChange): void {
    const listeners = this.#listeners.get(change.node)
    if (listeners) for (const listener of listeners) listener(change)
  }

  watch(node: LogicalUrl, listener: (change: StatusChange) => void): () => void {
    const listeners = this.#listeners.get(node) ?? new Set()
    this.#listeners.set(node, listeners.add(listener))
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(node) === listeners) this.#listeners.delete(node)
    }
  }
}
