import type { HttpRequest } from '../src/http-message.ts'
import type { ListenerEvents } from '../src/listener-events.ts'

/** Keeps what a listener reports, and lets a test wait for it. */
export class RecordedEvents implements ListenerEvents {
  opened = 0
  closed = 0
  readonly refusedConnections: string[] = []
  readonly refusedRequests: { status: number; reason: string }[] = []
  readonly failures: unknown[] = []
  #waiting: { holds: () => boolean; resolve: () => void }[] = []

  connectionOpened(): void {
    this.opened++
    this.changed()
  }

  connectionClosed(): void {
    this.closed++
    this.changed()
  }

  connectionRefused(reason: string): void {
    this.refusedConnections.push(reason)
    this.changed()
  }

  requestRefused(status: number, reason: string): void {
    this.refusedRequests.push({ status, reason })
    this.changed()
  }

  handlerFailed(err: unknown, _request: HttpRequest): void {
    this.failures.push(err)
    this.changed()
  }

  acceptFailed(err: Error): void {
    throw err
  }

  /** Resolves when `holds` does, which is looked at whenever something is reported, or `changed`. */
  until(holds: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.push({ holds, resolve })
    this.changed()
    return promise
  }

  /** Looks again whether somebody waits for what is now so. */
  changed(): void {
    this.#waiting = this.#waiting.filter(({ holds, resolve }) => {
      if (!holds()) return true
      resolve()
      return false
    })
  }
}
