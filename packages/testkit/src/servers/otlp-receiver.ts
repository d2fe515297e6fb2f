import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A span as a receiver of OTLP got it. */
export interface ReceivedSpan {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  /** Empty for the first of a trace. */
  readonly parentSpanId: string
  /** OpenTelemetry's number of a kind: 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly attributes: Readonly<Record<string, unknown>>
  /** Attributes of the process that it is from. */
  readonly resource: Readonly<Record<string, unknown>>
}

/** A receiver of traces over OTLP/HTTP in JSON, as a collector is one. */
export class OtlpReceiver implements AsyncDisposable {
  readonly spans: ReceivedSpan[] = []
  /** What came, byte for byte. */
  readonly bodies: Buffer[] = []
  /** Headers of the requests, in their order. */
  readonly headers: IncomingHttpHeaders[] = []
  /** What requests are answered with. */
  status = 200
  readonly #server: Server
  readonly #waiting = new Set<() => void>()

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const body = await buffer(request)
      this.headers.push(request.headers)
      this.bodies.push(body)
      if (this.status === 200 && request.url === '/v1/traces') this.spans.push(...spansIn(JSON.parse(body.toString())))
      response.writeHead(this.status, { 'Content-Type': 'application/json' }).end('{}')
      for (const look of this.#waiting) look()
    })
  }

  static async start(port = 0): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver()
    receiver.#server.listen(port, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Resolves with what `look` finds once it finds something; asked after each request. */
  async until<T>(look: () => T | undefined): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>()
    const lookAgain = (): void => {
      const found = look()
      if (found !== undefined) resolve(found)
    }
    this.#waiting.add(lookAgain)
    lookAgain()
    try {
      return await promise
    } finally {
      this.#waiting.delete(lookAgain)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

interface OtlpValue {
  readonly [kind: string]: unknown
}
interface OtlpAttributes {
  readonly attributes?: readonly { readonly key: string; readonly value: OtlpValue }[]
}
interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: OtlpAttributes
    readonly scopeSpans: readonly {
      readonly spans: readonly (OtlpAttributes & Omit<ReceivedSpan, 'attributes' | 'resource'>)[]
    }[]
  }[]
}

function spansIn({ resourceSpans }: OtlpTraces): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, spanId, parentSpanId, kind, ...rest }) => ({
        ...{ name, traceId, spanId, parentSpanId: parentSpanId ?? '', kind },
        attributes: attributesIn(rest),
        resource: attributesIn(resource),
      })),
    ),
  )
}

function attributesIn({ attributes = [] }: OtlpAttributes): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
