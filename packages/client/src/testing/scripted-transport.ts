import type {
  RvpTransport,
  RvpTransportHead,
  RvpTransportRequest,
  RvpTransportResponse,
  RvpTransportStream,
} from '../transport.ts'

/** What a script answers to a request. */
export interface ScriptedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** A stream that a script feeds. */
export class ScriptedStream {
  readonly #chunks: string[] = []
  #wake: () => void = () => undefined
  #isEnded = false

  write(text: string): void {
    this.#chunks.push(text)
    this.#wake()
  }

  end(): void {
    this.#isEnded = true
    this.#wake()
  }

  async *read(signal: AbortSignal | undefined): AsyncIterable<string> {
    signal?.addEventListener('abort', () => this.end(), { once: true })
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) yield chunk
      else if (this.#isEnded) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

/** A transport whose server is a function; remembers what it was asked. */
export class ScriptedTransport implements RvpTransport {
  readonly requests: RvpTransportRequest[] = []
  readonly #answer: (request: RvpTransportRequest) => ScriptedAnswer | Promise<ScriptedAnswer>
  readonly #openStream: (request: RvpTransportRequest) => ScriptedStream | ScriptedAnswer

  constructor(
    answer: (request: RvpTransportRequest) => ScriptedAnswer | Promise<ScriptedAnswer>,
    openStream: (request: RvpTransportRequest) => ScriptedStream | ScriptedAnswer = () => ({ status: 404 }),
  ) {
    this.#answer = answer
    this.#openStream = openStream
  }

  async send(request: RvpTransportRequest): Promise<RvpTransportResponse> {
    this.requests.push(request)
    const answer = await this.#answer(request)
    return { ...head(request, answer), body: answer.body ?? '' }
  }

  async open(request: RvpTransportRequest): Promise<RvpTransportStream> {
    this.requests.push(request)
    const opened = this.#openStream(request)
    if (opened instanceof ScriptedStream) {
      return { ...head(request, { status: 200 }), chunks: opened.read(request.signal) }
    }
    return { ...head(request, opened), chunks: new ScriptedStream().read(request.signal) }
  }

  async close(): Promise<void> {}
}

function head(request: RvpTransportRequest, { status, headers = {} }: ScriptedAnswer): RvpTransportHead {
  const byName = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  return { status, url: request.url, direct: false, header: (name) => byName.get(name.toLowerCase()) }
}
