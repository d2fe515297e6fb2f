import { propertyNames, writePropfind, writeStateUpdate } from '@parley/protocol'
import { type Answer, ClientConnection } from './client-connection.ts'
import { DigestCredentials } from './digest-credentials.ts'
import { RequestText } from './request-text.ts'
import { hrefOf, pathOf } from './settings.ts'
import { type NumberMark, StreamReader } from './stream-reader.ts'

/** Where a user is reached: a stream, or a listener. */
export type InboxChoice =
  | { readonly kind: 'callback'; readonly port: number }
  | {
      readonly kind: 'stream'
      readonly mark: NumberMark
      readonly notified: (number: number) => void
      /** Presence is acknowledged every fifty events, messages at once (docs/protocol/streams.md, section 4). */
      readonly acknowledgeEvery: number
    }

export type BenchState = 'online' | 'busy' | 'away'

const lease = 'Subscription-Lifetime: 14400'
const propfindBody = writePropfind({
  kind: 'prop',
  names: [propertyNames.state, propertyNames.displayName, propertyNames.email],
})

/**
 * A user with one device: a connection for requests, a stream, and a connection for acknowledgements, as a browser would
 * have; or a connection and a listener.
 */
export class BenchUser {
  readonly index: number
  readonly #port: number
  readonly #credentials: DigestCredentials
  readonly #connection: ClientConnection
  #acknowledging: ClientConnection | undefined
  #stream: StreamReader | undefined
  #loginId = ''
  #unacknowledged = 0
  readonly #states = new Map<BenchState, RequestText>()

  constructor(index: number, port: number) {
    this.index = index
    this.#port = port
    this.#credentials = new DigestCredentials(index)
    this.#connection = new ClientConnection(port)
  }

  /**
   * Signs in as librvp and our own client do: SUBSCRIBE, refused once for want of credentials; the stream; then PROPPATCH, ACL,
   * PROPFIND and a SUBSCRIBE for each contact, pipelined, since none of them needs the answer of another.
   */
  signIn(inbox: InboxChoice, contacts: readonly number[]): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const where = inbox.kind === 'stream' ? 'RVP-Stream: 1' : `Call-Back: http://127.0.0.1:${inbox.port}/${this.index}`
    const login = this.#text('SUBSCRIBE', pathOf(this.index), ['Notification-Type: pragma/notify', lease, where])
    this.request(login, (answer) => {
      const { head } = answer
      if (!isGood(answer)) {
        reject(new Error(`sign-in: ${head}`))
        return
      }
      this.#loginId = /\r\nSubscription-Id: ([0-9]+)/.exec(head)?.[1] ?? ''
      if (inbox.kind === 'stream') this.#openStream(/\r\nRVP-Stream: (\S+)/.exec(head)?.[1] ?? '', inbox)
      this.#signOn(contacts, resolve, reject)
    })
    return promise
  }

  /** Sends a request with credentials; once more after a challenge. `body` replaces the request's own. */
  request(text: RequestText, done: (answer: Answer) => void, body?: string): void {
    this.#connection.send(text.with(this.#credentials, body), (answer) => {
      if (answer.status !== 401) {
        done(answer)
        return
      }
      this.#credentials.challenge(answer.head)
      this.request(text, done, body)
    })
  }

  /** The PROPPATCH that sets a state, made once. */
  stateChange(state: BenchState): RequestText {
    const known = this.#states.get(state)
    if (known) return known
    const body = writeStateUpdate({ state, leaseSeconds: 1200 })
    const made = this.#text('PROPPATCH', pathOf(this.index), [`Subscription-Id: ${this.#loginId}`], body)
    this.#states.set(state, made)
    return made
  }

  /** Acknowledges what the stream brought. */
  acknowledge(done: () => void = () => {}): void {
    if (!this.#stream || this.#unacknowledged === 0) {
      done()
      return
    }
    this.#acknowledging ??= new ClientConnection(this.#port)
    // What comes before the answer is acknowledged with the next.
    if (this.#acknowledging.pending > 0) return
    this.#unacknowledged = 0
    this.#acknowledging.send(this.#stream.acknowledgement(), done)
  }

  /** Leaves the stream open and closes the rest, as a device does that has nothing to ask. */
  closeRequests(): void {
    this.#connection.close()
    this.#acknowledging?.close()
    this.#acknowledging = undefined
  }

  close(): void {
    this.closeRequests()
    this.#stream?.close()
  }

  #openStream(path: string, { mark, notified, acknowledgeEvery }: InboxChoice & { kind: 'stream' }): void {
    this.#stream = new StreamReader(this.#port, path, mark, notified, (_, events) => {
      this.#unacknowledged += events
      if (this.#unacknowledged >= acknowledgeEvery) this.#acknowledgeUntilDone(acknowledgeEvery)
    })
  }

  #acknowledgeUntilDone(every: number): void {
    this.acknowledge(() => {
      if (this.#unacknowledged >= every) this.#acknowledgeUntilDone(every)
    })
  }

  #signOn(contacts: readonly number[], resolve: () => void, reject: (err: Error) => void): void {
    const self = pathOf(this.index)
    const requests = [
      this.stateChange('online'),
      this.#text('ACL', self, []),
      this.#text('PROPFIND', self, ['Depth: 0'], propfindBody),
      ...contacts.map((contact) => this.#watch(contact)),
    ]
    let left = requests.length
    this.#connection.together(() => {
      for (const request of requests) {
        this.request(request, (answer) => {
          left -= 1
          if (!isGood(answer)) reject(new Error(`sign-in: ${answer.head}`))
          else if (left === 0) resolve()
        })
      }
    })
  }

  #watch(contact: number): RequestText {
    const headers = ['Notification-Type: update/propchange', lease, `Call-Back: ${hrefOf(this.index)}`]
    return this.#text('SUBSCRIBE', pathOf(contact), headers)
  }

  #text(method: string, path: string, headers: readonly string[], body?: string): RequestText {
    return new RequestText(this.index, method, path, headers, body)
  }
}

function isGood({ status }: Answer): boolean {
  return status >= 200 && status < 300
}
