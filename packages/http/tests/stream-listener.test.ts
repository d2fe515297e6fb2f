import { systemClock, systemIds } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { openListener } from '../src/listener.ts'
import { StreamHub, streamPath } from '../src/stream-hub.ts'
import { InboxEventsLog } from './inbox-events-log.ts'
import { readEvents, type SentEvent } from './stream-device.ts'

/** A stream read by a client that nobody here wrote: the platform's fetch. */
class FetchedStream {
  readonly #abort = new AbortController()
  readonly #url: string
  #reader: ReadableStreamDefaultReader<string> | undefined
  #text = ''
  #events: SentEvent[] = []

  constructor(url: string) {
    this.#url = url
  }

  async open(lastEventId?: string): Promise<Response> {
    const headers = { accept: 'text/event-stream', ...(lastEventId && { 'last-event-id': lastEventId }) }
    const response = await fetch(this.#url, { headers, signal: this.#abort.signal })
    this.#reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    return response
  }

  async next(): Promise<SentEvent> {
    for (;;) {
      const event = this.#events.shift()
      if (event) return event
      const { done, value } = (await this.#reader?.read()) ?? { done: true }
      if (done) throw new Error('the stream ended')
      const [events, rest] = readEvents(this.#text + value)
      this.#text = rest
      this.#events = events
    }
  }

  cut(): void {
    this.#abort.abort()
  }
}

describe('a stream over the listener', () => {
  it('carries a NOTIFY exactly, is acknowledged, breaks, and resumes without loss or repetition', async () => {
    const hub = new StreamHub({ clock: systemClock, ids: systemIds })
    await using listener = await openListener({
      address: '127.0.0.1',
      port: 0,
      handler: (request) => hub.handle(request) ?? { status: 404, headers: [] },
      events: {
        connectionOpened: () => {},
        connectionClosed: () => {},
        acceptFailed: (err) => {
          throw err
        },
        requestRefused: () => {},
        connectionRefused: () => {},
        handlerFailed: (err) => {
          throw err
        },
      },
    })
    const url = `${listener.url}${streamPath('token')}`
    const events = new InboxEventsLog()
    const inbox = hub.open('token', events)
    const im = (body: string) => inbox.deliver({ body, hops: 3 })
    const acknowledge = async (id = '') =>
      (await fetch(url, { method: 'POST', headers: { 'last-event-id': id } })).status

    const first = new FetchedStream(url)
    const response = await first.open()
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    expect(response.headers.get('content-length')).toBeNull()
    expect(response.headers.get('transfer-encoding')).toBeNull()
    expect((await first.next()).event).toBe('open')

    const body = '<r:mime-data><![CDATA[MIME-Version: 1.0\r\n\r\nGrüße\n\ndata: x 🎉]]></r:mime-data>'
    const arrives = im(body)
    const notify = await first.next()
    expect(JSON.parse(notify.data)).toBe(body)
    expect(await acknowledge(notify.id)).toBe(200)
    expect(await arrives).toBe('delivered')

    const missed = im('missed')
    await first.next()
    first.cut()
    const second = new FetchedStream(url)
    await second.open(notify.id)
    expect(JSON.parse((await second.next()).data)).toMatchObject({ resumed: true })
    const replayed = await second.next()
    expect(replayed.data).toBe('"missed"')
    expect(await acknowledge(replayed.id)).toBe(200)
    expect(await missed).toBe('delivered')

    inbox.close()
    expect(await second.next()).toEqual({ event: 'close', data: '{"reason":"ended"}' })
    expect((await fetch(url)).status).toBe(404)
  })
})
