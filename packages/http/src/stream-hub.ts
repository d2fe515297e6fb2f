import type { Clock, Ids, InboxEvents } from '@parley/domain'
import { header, notificationsVersion } from '@parley/protocol'
import type { HttpRequest, HttpResponse } from './http-message.ts'
import { type StreamContext, StreamInbox } from './inbox-stream.ts'
import { StreamDeadlines } from './stream-deadlines.ts'
import { defaultStreamLimits, type StreamLimits } from './stream-limits.ts'
import { pathOfTarget } from './target-path.ts'

/** Where the paths of all streams begin. */
export const streamsPrefix = '/instmsg/streams/'
const drainingRetrySeconds = 2
/** When devices come back whose connections break all at once: spread by how many there are when each of them opens its stream. */
const firstRetryMs = 100
const leastSpreadMs = 400
const mostSpreadMs = 5_000
const streamsPerMs = 4

/** The path at which a device opens the stream `token`, as the RVP-Stream header of a SUBSCRIBE's answer gives it. */
export function streamPath(token: string): string {
  return streamsPrefix + token
}

/** The token in the path of a stream, which a proxy may have made a whole URL; undefined for any other target. */
export function streamTokenOf(target: string): string | undefined {
  const path = pathOfTarget(target)
  return path.startsWith(streamsPrefix) ? path.slice(streamsPrefix.length) : undefined
}

/** All streams of this process: makes their inboxes, and serves their paths (docs/protocol/streams.md). */
export class StreamHub {
  readonly #ids: Ids
  readonly #context: StreamContext
  readonly #streams = new Map<string, StreamInbox>()
  #isDraining = false

  constructor({ clock, ids, limits = {} }: { clock: Clock; ids: Ids; limits?: Partial<StreamLimits> }) {
    this.#ids = ids
    const allLimits = { ...defaultStreamLimits, ...limits }
    this.#context = {
      limits: allLimits,
      deadlines: new StreamDeadlines(clock, allLimits),
      retryMs: () => firstRetryMs + (ids.number() % this.#retrySpreadMs),
      forget: (stream) => this.#forget(stream),
    }
  }

  /** Makes the inbox of `token`, and lets the device open it; one that had the token before is closed. */
  open(token: string, events: InboxEvents): StreamInbox {
    this.#streams.get(token)?.close()
    const stream = new StreamInbox(this.#context, token, this.#ids.number().toString(36), events)
    this.#streams.set(token, stream)
    stream.start()
    return stream
  }

  /** Answers a request for a stream's path; undefined for any other path. The path is its own authorization. */
  handle(request: HttpRequest): HttpResponse | undefined {
    const token = streamTokenOf(request.target)
    if (token === undefined) return undefined
    const stream = this.#streams.get(token)
    const lastEventId = request.headers.get('last-event-id')
    // What was shown in the meantime may still be acknowledged, or its sender would be told that it was not.
    if (this.#isDraining && request.method !== 'POST') {
      if (request.method === 'GET' && lastEventId !== undefined) stream?.acknowledge(lastEventId)
      return answer(503, [[header.retryAfter, String(drainingRetrySeconds)]])
    }
    if (!stream) return answer(404)
    switch (request.method) {
      case 'GET':
        return {
          ...answer(200, [
            [header.contentType, 'text/event-stream'],
            ['X-Accel-Buffering', 'no'],
          ]),
          stream: (sink) => stream.attach(sink, lastEventId),
        }
      case 'POST':
        if (lastEventId === undefined) return answer(400)
        return answer(stream.acknowledge(lastEventId) ? 200 : 412)
      default:
        return answer(405, [['Allow', 'GET, POST']])
    }
  }

  /** Ends every connection so that the devices come back, to whoever serves them then; takes no new one. */
  drain(): void {
    this.#isDraining = true
    for (const stream of this.#streams.values()) stream.disconnect()
  }

  /** Nobody should miss more than a moment, and the server that they come back to must bear all of them. */
  get #retrySpreadMs(): number {
    return Math.min(Math.max(leastSpreadMs, Math.floor(this.#streams.size / streamsPerMs)), mostSpreadMs)
  }

  #forget(stream: StreamInbox): void {
    if (this.#streams.get(stream.token) === stream) this.#streams.delete(stream.token)
  }
}

function answer(status: number, headers: readonly (readonly [string, string])[] = []): HttpResponse {
  return {
    status,
    headers: [[header.notificationsVersion, notificationsVersion], ['Cache-Control', 'no-store'], ...headers],
  }
}
