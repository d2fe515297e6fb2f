import type { HttpRequest, HttpResponse, ResponseSink } from '../src/http-message.ts'
import type { StreamHub } from '../src/stream-hub.ts'
import { plainRequest } from '../src/testing/plain-request.ts'

/** One server-sent event, as WHATWG HTML §9.2 reads it; a comment has the event name `:`. */
export interface SentEvent {
  readonly event: string
  readonly id?: string
  readonly data: string
}

/** Reads complete events off the front of `text`; returns them and the rest. */
export function readEvents(text: string): [SentEvent[], string] {
  const blocks = text.split('\n\n')
  const rest = blocks.pop() ?? ''
  return [blocks.map(readEvent), rest]
}

function readEvent(block: string): SentEvent {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon), line.slice(colon + 1).trimStart()]
    }),
  )
  const id = fields.get('id')
  const event = fields.get('event') ?? (fields.has('') ? ':' : 'message')
  return { event, data: fields.get('data') ?? '', ...(id === undefined ? {} : { id }) }
}

/** The open end of a stream, with what was written to it; the device behind it may stop taking. */
export class FakeSink implements ResponseSink {
  pendingBytes = 0
  state: 'open' | 'ended' | 'destroyed' = 'open'
  readonly events: SentEvent[] = []
  /** Called with the id of each event as it is taken. */
  onEvent: ((id: string) => void) | undefined
  #text = ''
  #listeners: (() => void)[] = []

  write(data: string | Uint8Array): void {
    if (this.state !== 'open') return
    const [events, rest] = readEvents(this.#text + (typeof data === 'string' ? data : new TextDecoder().decode(data)))
    this.#text = rest
    this.events.push(...events)
    for (const { id } of events) if (id !== undefined) this.onEvent?.(id)
  }

  onDrain(listener: () => void): void {
    if (this.state === 'open') listener()
  }

  end(): void {
    this.#close('ended')
  }

  destroy(): void {
    this.#close('destroyed')
  }

  onClose(listener: () => void): void {
    if (this.state === 'open') this.#listeners.push(listener)
    else listener()
  }

  /** Names of the events received, and the bodies of NOTIFYs. */
  get story(): string[] {
    return this.events.map(({ event, data }) => (event === 'notify' ? JSON.parse(data) : event))
  }

  get lastId(): string {
    const id = this.events.findLast((event) => event.id !== undefined)?.id
    if (id === undefined) throw new Error('no event had an id')
    return id
  }

  #close(state: 'ended' | 'destroyed'): void {
    if (this.state !== 'open') return
    this.state = state
    for (const listener of this.#listeners) listener()
  }
}

/** A request for a stream's path. */
export function streamRequest(method: string, target: string, lastEventId?: string): HttpRequest {
  return plainRequest({
    method,
    target,
    ...(lastEventId !== undefined && { headers: { 'last-event-id': lastEventId } }),
  })
}

/** Opens the stream at `path` and returns its end. */
export function openStream(hub: StreamHub, path: string, lastEventId?: string): FakeSink {
  const response = hub.handle(streamRequest('GET', path, lastEventId))
  if (!response?.stream) throw new Error(`no stream, but ${response?.status}`)
  const sink = new FakeSink()
  response.stream(sink)
  return sink
}

export function acknowledge(hub: StreamHub, path: string, lastEventId?: string): HttpResponse | undefined {
  return hub.handle(streamRequest('POST', path, lastEventId))
}
