import { header } from '@parley/protocol'
import { backOffMs, pause } from './back-off.ts'
import { RequestRefusedError, TransportError } from './client-error.ts'
import type { ClientRandom } from './client-random.ts'
import type { InboxListener } from './device-inbox.ts'
import { EventStreamError, EventStreamParser, type StreamEvent } from './event-stream.ts'
import type { Timers } from './timers.ts'
import type { RvpTransport } from './transport.ts'

/** What reading a stream takes. */
export interface StreamReaderOptions {
  readonly transport: RvpTransport
  readonly timers: Timers
  readonly random: ClientRandom
  /** Headers of every request, e.g. RVP-From-Principal. */
  readonly headers: readonly (readonly [string, string])[]
}

/** Where a stream is. */
export interface StreamAddress {
  readonly url: string
  readonly direct: boolean
}

/** Why a connection ended: `gone` means that the server refuses this stream for good. */
type Ending = { readonly gone: boolean; readonly replaced?: boolean; readonly error?: Error }

/** Failures of a stream that was never open until its opener is told. */
const maxOpeningFailures = 3
/** A server cannot send a device away for longer. */
const maxRetryMs = 30_000

/** Reads one stream, over as many connections as it takes. */
export class StreamReader {
  readonly #address: StreamAddress
  readonly #listener: InboxListener
  readonly #options: StreamReaderOptions
  readonly #stop = new AbortController()
  readonly #opened = Promise.withResolvers<void>()
  #connection = new AbortController()
  #done: Promise<void> = Promise.resolve()
  #isOpen = false
  /** The last event that was taken in: where to resume. */
  #lastId = ''
  #acknowledgedId = ''
  #acknowledging = false
  #retryMs = 0

  constructor(address: StreamAddress, listener: InboxListener, options: StreamReaderOptions) {
    this.#address = address
    this.#listener = listener
    this.#options = options
  }

  /** Resolves when the first connection stands; rejects when the server will not have it. */
  start(): Promise<void> {
    this.#done = this.#run()
    return this.#opened.promise
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    this.#opened.reject(new TransportError('aborted', 'the stream was closed'))
    this.#opened.promise.catch(() => undefined) // it may be that nobody waits any more
    await this.#done
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#stop.signal.aborted) {
      this.#connection = new AbortController()
      const before = this.#lastId
      const ending = await this.#connect()
      if (this.#stop.signal.aborted) return
      failures = this.#lastId === before ? failures + 1 : 1
      if (!this.#isOpen && (ending.gone || failures === maxOpeningFailures)) return this.#opened.reject(ending.error)
      if (ending.gone) return this.#listener.lost(ending.replaced ? 'replaced' : 'forgotten')
      const { timers, random } = this.#options
      const delayMs = Math.max(backOffMs(failures, random.fraction()), Math.min(this.#retryMs, maxRetryMs))
      await pause(timers, delayMs, this.#stop.signal)
    }
  }

  async #connect(): Promise<Ending> {
    const { transport, headers } = this.#options
    const signal = AbortSignal.any([this.#stop.signal, this.#connection.signal])
    let isUp = false
    try {
      const stream = await transport.open({
        method: 'GET',
        ...this.#address,
        anonymous: true,
        headers: [...headers, ['Accept', 'text/event-stream'], ...this.#resumeHeaders()],
        signal,
      })
      if (stream.status !== 200) {
        const error = new RequestRefusedError('GET', stream.status, stream.header(header.requestId))
        return { gone: error.isFinal, error }
      }
      this.#acknowledgedId = this.#lastId
      isUp = true
      this.#isOpen = true
      this.#listener.connection(true)
      this.#opened.resolve()
      const parser = new EventStreamParser()
      for await (const chunk of stream.chunks) {
        for (const event of parser.push(chunk)) {
          if (event.type === 'close') {
            const error = new TransportError('aborted', 'the stream has ended')
            return { gone: true, replaced: event.data.includes('"replaced"'), error }
          }
          this.#take(event)
        }
        this.#retryMs = parser.retryMs
      }
      return { gone: false, error: new TransportError('unreachable', 'the server closed the stream') }
    } catch (error) {
      if (error instanceof TransportError || error instanceof EventStreamError) return { gone: false, error }
      throw error
    } finally {
      this.#connection.abort()
      if (isUp && !this.#stop.signal.aborted) this.#listener.connection(false)
    }
  }

  /** After a `reset` the server tells all states anew, as ordinary notifications: there is nothing to do about it. */
  #take(event: StreamEvent): void {
    if (event.type === 'notify') {
      const body = parseJsonString(event.data)
      if (body !== undefined) this.#listener.notify(body)
    }
    if (event.id === '' || event.id === this.#lastId) return
    this.#lastId = event.id
    // Where a connection begins is nothing that anybody waits for.
    if (event.type === 'open') this.#acknowledgedId = event.id
    else void this.#acknowledge()
  }

  /**
   * One acknowledgement at a time; it covers all events up to the last, and its sender waits for it (RVP §5.6, DeepOr): also when the
   * connection has broken meanwhile, since a resume comes later, and perhaps to another server.
   */
  async #acknowledge(): Promise<void> {
    if (this.#acknowledging) return
    this.#acknowledging = true
    const connection = this.#connection
    try {
      while (this.#acknowledgedId !== this.#lastId && !this.#stop.signal.aborted) {
        const id = this.#lastId
        const { status } = await this.#options.transport.send({
          method: 'POST',
          ...this.#address,
          anonymous: true,
          headers: [...this.#options.headers, ...this.#resumeHeaders()],
          signal: this.#stop.signal,
        })
        // 412 is about a place that the server does not know, as after its restart: forget it (docs/protocol/streams.md).
        if (status >= 300 && status !== 412) break
        this.#acknowledgedId = id
      }
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
    } finally {
      this.#acknowledging = false
    }
    // Resuming acknowledges too, and shows whether the stream still exists.
    if (this.#acknowledgedId !== this.#lastId) connection.abort()
  }

  #resumeHeaders(): [string, string][] {
    return this.#lastId === '' ? [] : [[header.lastEventId, this.#lastId]]
  }
}

function parseJsonString(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'string' ? value : undefined
  } catch {
    return undefined
  }
}
