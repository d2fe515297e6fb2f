/** One server-sent event (WHATWG HTML, "Server-sent events"). */
export interface StreamEvent {
  /** The last id seen when the event came. */
  readonly id: string
  /** `message` when the event names no type. */
  readonly type: string
  readonly data: string
}

/** The stream breaks the format's rules or our bounds. */
export class EventStreamError extends Error {
  override readonly name = 'EventStreamError'
}

/** More than the largest NOTIFY, 400 kB, takes as a JSON string. */
const defaultMaxEventLength = 1 << 20

/** Cuts the text of an event stream into events, whatever pieces it comes in; memory is bounded by the longest event. */
export class EventStreamParser {
  readonly #maxLength: number
  #pending = ''
  #afterReturn = false
  #type = ''
  #data: string[] = []
  #dataLength = 0
  #id = ''
  #retryMs = 0

  constructor(maxLength = defaultMaxEventLength) {
    this.#maxLength = maxLength
  }

  /** How long the server wants a client to wait before it comes back; 0 until it says so. */
  get retryMs(): number {
    return this.#retryMs
  }

  /** The events that `chunk` completes. Throws EventStreamError when one grows beyond the bound. */
  push(chunk: string): StreamEvent[] {
    const events: StreamEvent[] = []
    // A line may end in CR, LF or CRLF, and the pair may come in two pieces.
    const text = this.#afterReturn && chunk.startsWith('\n') ? chunk.slice(1) : chunk
    if (chunk !== '') this.#afterReturn = chunk.endsWith('\r')
    const lines = text.split(/\r\n|\r|\n/)
    const last = lines.pop() ?? ''
    for (const line of lines) {
      const event = this.#line(this.#pending + line)
      this.#pending = ''
      if (event) events.push(event)
    }
    this.#pending += last
    if (this.#pending.length + this.#dataLength > this.#maxLength) throw new EventStreamError('an event is too long')
    return events
  }

  #line(line: string): StreamEvent | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (field === 'event') this.#type = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^[0-9]{1,9}$/.test(value)) this.#retryMs = Number(value)
    else if (field === 'data') {
      this.#dataLength += value.length + 1
      if (this.#dataLength > this.#maxLength) throw new EventStreamError('an event is too long')
      this.#data.push(value)
    }
    return undefined
  }

  #dispatch(): StreamEvent | undefined {
    const event = { id: this.#id, type: this.#type || 'message', data: this.#data.join('\n') }
    const isEmpty = this.#data.length === 0
    this.#type = ''
    this.#data = []
    this.#dataLength = 0
    return isEmpty ? undefined : event
  }
}
