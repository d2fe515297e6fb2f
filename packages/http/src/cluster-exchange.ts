import { type RvpError, UnavailableError } from '@parley/protocol'
import { type Dispatcher, errors } from 'undici'
import { NodeUnreachableError, NotHeldError } from './cluster-client.ts'
import { notBelievedHeader, notHeldHeader } from './cluster-wire.ts'

/** The answer of another node, without what belongs to the connection that it came over. */
export interface NodeAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}

const empty = new Uint8Array(0)

/** One request on its way, as undici tells of it. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<NodeAnswer>
  /** Called once when the request is over, however it ended. */
  onSettled = () => {}
  readonly #limitBytes: number
  readonly #resolve: (answer: NodeAnswer) => void
  readonly #reject: (err: unknown) => void
  #wasSent = false
  #controller: Dispatcher.DispatchController | undefined
  #abandoned: Error | undefined
  #status = 0
  #headers: NodeAnswer['headers'] = []
  #refusal: RvpError | undefined
  #chunks: Uint8Array[] | undefined
  #body: Uint8Array = empty
  #bytes = 0

  /** `limitBytes` bounds the body of the answer. */
  constructor(limitBytes: number) {
    const { promise, resolve, reject } = Promise.withResolvers<NodeAnswer>()
    this.answer = promise
    this.#limitBytes = limitBytes
    this.#resolve = resolve
    this.#reject = reject
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#abandoned) throw this.#abandoned
    // NOTE: undici sends again what was pipelined on a connection that broke. Whether that may be is for our caller to say.
    if (this.#wasSent) throw new Error('the connection broke')
    this.#wasSent = true
    this.#controller = controller
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    this.#status = status
    const raw = rawHeadersOf(controller)
    this.#headers = passedHeaders(raw)
    this.#refusal = refusalOf(status, raw)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limitBytes) controller.abort(new Error('the answer is too long'))
    else if (this.#bytes === chunk.length) this.#body = chunk
    else {
      this.#chunks ??= [this.#body]
      this.#chunks.push(chunk)
    }
  }

  onResponseEnd(): void {
    if (this.#refusal) this.#reject(this.#refusal)
    else {
      const body = this.#chunks ? Buffer.concat(this.#chunks) : this.#body
      this.#resolve({ status: this.#status, headers: this.#headers, body })
    }
    this.onSettled()
  }

  onResponseError(_controller: unknown, err: Error): void {
    this.#reject(unreachable(err, this.#wasSent))
    // NOTE: undici asserts, and throws where nobody can catch it, that nothing is dispatched while it tells what a failed connect ends.
    queueMicrotask(() => this.onSettled())
  }

  /** Ends the request, wherever it is: nobody waits for its answer any more. */
  abandon(reason: string): void {
    this.#abandoned = new Error(reason)
    this.#reject(new NodeUnreachableError(reason, { mayHaveArrived: this.#wasSent, timedOut: true }))
    this.#controller?.abort(this.#abandoned)
  }

  /** Ends a request that was never sent. */
  refuse(reason: string): void {
    this.#reject(new NodeUnreachableError(reason, { mayHaveArrived: false }))
  }
}

/** What undici says went wrong, as its caller needs it. */
export function unreachable(cause: Error, mayHaveArrived: boolean): NodeUnreachableError {
  const code = (cause as NodeJS.ErrnoException).code ?? cause.name
  return new NodeUnreachableError(`a node of the cluster does not answer: ${code} ${cause.message}`, {
    mayHaveArrived,
    timedOut: cause instanceof errors.HeadersTimeoutError || cause instanceof errors.BodyTimeoutError,
    cause,
  })
}

/** Names and values in turn. */
export function rawHeadersOf(controller: Dispatcher.DispatchController): readonly Uint8Array[] {
  return controller.rawHeaders as Buffer[]
}

/** The headers of an answer that go on to the client, spelled as they came. */
export function passedHeaders(raw: readonly Uint8Array[]): NodeAnswer['headers'] {
  const headers: [string, string][] = []
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = latin1(raw[index])
    if (isPassed(name)) headers.push([name, latin1(raw[index + 1])])
  }
  return headers
}

/** What is wrong when a node itself, rather than a home, refuses a request; it has done nothing then. */
export function refusalOf(status: number, raw: readonly Uint8Array[]): RvpError | undefined {
  if (status === 421 && hasHeader(raw, notHeldHeader)) return new NotHeldError()
  if (status !== 403 || !hasHeader(raw, notBelievedHeader)) return undefined
  const detail = 'a node of the cluster refuses our identity: its log says why; compare the keys and the clocks'
  return new UnavailableError('the home server does not answer', { detail })
}

function hasHeader(raw: readonly Uint8Array[], wanted: string): boolean {
  return raw.some((name, index) => index % 2 === 0 && latin1(name).toLowerCase() === wanted.toLowerCase())
}

/** Not what is about a connection, nor what the edge writes itself. */
function isPassed(name: string): boolean {
  switch (name.toLowerCase()) {
    case 'connection':
    case 'content-length':
    case 'date':
    case 'keep-alive':
    case 'rvp-notifications-version':
    case 'trailer':
    case 'transfer-encoding':
    case 'upgrade':
      return false
    default:
      return true
  }
}

function latin1(bytes: Uint8Array | undefined): string {
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') : ''
}
