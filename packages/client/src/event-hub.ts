import { EventQueue } from './event-queue.ts'

/** Hands each event to all who listen at that time, in order. */
export class EventHub<T> {
  readonly #listeners = new Set<(event: T) => void>()
  readonly #queues = new Set<EventQueue<T>>()
  #isEnded = false

  emit(event: T): void {
    for (const listener of [...this.#listeners]) listener(event)
    for (const queue of [...this.#queues]) queue.push(event)
  }

  /** The returned function takes the listener back. */
  on(listener: (event: T) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The events from now on; a consumer that lets more than `capacity` wait gets an EventOverflowError. */
  events(capacity: number): AsyncIterableIterator<T, undefined> {
    const queue: EventQueue<T> = new EventQueue(capacity, () => this.#queues.delete(queue))
    if (this.#isEnded) queue.end()
    else this.#queues.add(queue)
    return queue
  }

  /** No more events; iterations end. */
  end(): void {
    this.#isEnded = true
    for (const queue of [...this.#queues]) queue.end()
    this.#listeners.clear()
  }
}
