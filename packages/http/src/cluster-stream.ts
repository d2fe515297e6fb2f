import { RvpError } from '@parley/protocol'
import type { Dispatcher } from 'undici'
import { passedHeaders, rawHeadersOf, refusalOf, unreachable } from './cluster-exchange.ts'
import type { HttpResponse, ResponseSink } from './http-message.ts'

/** A stream of another process on its way to a client; undici tells of the one side, the sink of the other. */
export class StreamPass implements Dispatcher.DispatchHandler {
  readonly answer: Promise<HttpResponse>
  readonly #pendingBytes: number
  readonly #resolve: (answer: HttpResponse) => void
  readonly #reject: (err: unknown) => void
  #controller: Dispatcher.DispatchController | undefined
  #answered = false
  #sink: ResponseSink | undefined
  /** What came before the sink was there. */
  #early: Uint8Array[] = []
  #isOver = false
  readonly #onOver: () => void

  /** Reads no more while the client has `pendingBytes` to take. */
  constructor(pendingBytes: number, onOver: () => void) {
    const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>()
    this.answer = promise
    this.#pendingBytes = pendingBytes
    this.#onOver = onOver
    this.#resolve = resolve
    this.#reject = reject
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    const raw = rawHeadersOf(controller)
    const refusal = refusalOf(status, raw)
    if (refusal) throw refusal
    this.#answered = true
    if (status === 200) {
      controller.pause()
      this.#resolve({ status, headers: passedHeaders(raw), stream: (sink) => this.#attach(sink) })
    } else {
      // Only the answer that is a stream has a body (docs/protocol/streams.md).
      this.#resolve({ status, headers: passedHeaders(raw) })
      controller.abort(new Error('answered'))
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    const sink = this.#sink
    if (!sink) {
      this.#early.push(chunk)
      return
    }
    sink.write(chunk)
    if (sink.pendingBytes <= this.#pendingBytes || controller.paused) return
    controller.pause()
    sink.onDrain(() => controller.resume())
  }

  onResponseEnd(): void {
    this.#over()
  }

  onResponseError(_controller: unknown, err: Error): void {
    if (!this.#answered) {
      const mayHaveArrived = this.#controller !== undefined
      this.#reject(err instanceof RvpError ? err : unreachable(err, mayHaveArrived))
    }
    this.#over()
  }

  #attach(sink: ResponseSink): void {
    this.#sink = sink
    sink.onClose(() => this.#controller?.abort(new Error('the client has gone')))
    for (const chunk of this.#early) sink.write(chunk)
    this.#early = []
    if (this.#isOver) sink.end()
    else this.#controller?.resume()
  }

  /** The device comes back by itself, to whoever has the stream then. */
  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#sink?.end()
    this.#onOver()
  }
}
