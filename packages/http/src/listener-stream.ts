import type { ResponseSink } from './http-message.ts'
import type { SocketWriter } from './socket-writer.ts'

/** The connection, as its stream sees it. */
export interface StreamOwner {
  /** Sends what is queued and closes. */
  endStream(): void
  /** Closes at once. */
  destroyStream(): void
}

/** A connection whose answer has no end: all that is left of it is what goes out. */
export class StreamSink implements ResponseSink {
  readonly #owner: StreamOwner
  readonly #writer: SocketWriter
  #state: 'open' | 'ended' | 'closed' = 'open'
  #listeners: (() => void)[] = []

  constructor(owner: StreamOwner, writer: SocketWriter) {
    this.#owner = owner
    this.#writer = writer
  }

  get pendingBytes(): number {
    return this.#state === 'closed' ? 0 : this.#writer.pendingBytes
  }

  write(data: string | Uint8Array): void {
    if (this.#state !== 'open') return
    if (typeof data === 'string') this.#writer.add(data)
    else this.#writer.addBytes(data)
    this.#writer.flushSoon()
  }

  onDrain(listener: () => void): void {
    if (this.#state === 'open') this.#writer.onDrain(listener)
  }

  end(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#owner.endStream()
  }

  destroy(): void {
    if (this.#state === 'closed') return
    this.#writer.drop()
    this.#owner.destroyStream()
  }

  onClose(listener: () => void): void {
    if (this.#state === 'closed') listener()
    else this.#listeners.push(listener)
  }

  /** The connection is gone. */
  closed(): void {
    this.#state = 'closed'
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener()
  }
}
