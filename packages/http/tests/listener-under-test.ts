import { ManualClock } from '@parley/domain'
import type { HttpHandler, HttpRequest } from '../src/http-message.ts'
import { type Listener, type ListenerTls, openListener } from '../src/listener.ts'
import type { ListenerLimits } from '../src/listener-limits.ts'
import { RawPeer } from './listener-raw-peer.ts'
import { RecordedEvents } from './listener-recorded-events.ts'

/** A listener on loopback whose time stands still until the test moves it. */
export class ListenerUnderTest implements AsyncDisposable {
  readonly listener: Listener
  readonly clock: ManualClock
  readonly events: RecordedEvents
  /** What the handler was asked, in order. */
  readonly requests: readonly HttpRequest[]

  constructor(listener: Listener, clock: ManualClock, events: RecordedEvents, requests: readonly HttpRequest[]) {
    this.listener = listener
    this.clock = clock
    this.events = events
    this.requests = requests
  }

  /** The handler that is not given answers 200 with the target as body. */
  static async open(
    options: { handler?: HttpHandler; limits?: Partial<ListenerLimits>; tls?: ListenerTls } = {},
  ): Promise<ListenerUnderTest> {
    const clock = new ManualClock()
    const events = new RecordedEvents()
    const requests: HttpRequest[] = []
    const handler: HttpHandler =
      options.handler ?? (({ target }) => ({ status: 200, headers: [['Content-Type', 'text/plain']], body: target }))
    const listener = await openListener({
      address: '127.0.0.1',
      port: 0,
      clock,
      events,
      ...(options.limits && { limits: options.limits }),
      ...(options.tls && { tls: options.tls }),
      handler: (request) => {
        requests.push(request)
        events.changed()
        return handler(request)
      },
    })
    return new ListenerUnderTest(listener, clock, events, requests)
  }

  /** Resolves when the handler has been asked `count` times. */
  asked(count: number): Promise<void> {
    return this.events.until(() => this.requests.length >= count)
  }

  connect(): Promise<RawPeer> {
    return RawPeer.connect(this.listener.port)
  }

  /** Sends `data` on a connection of its own, and gives what comes back until it closes. */
  async exchange(data: string | Uint8Array): Promise<string> {
    await using peer = await this.connect()
    peer.send(data)
    return await peer.toEnd()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener[Symbol.asyncDispose]()
  }
}
