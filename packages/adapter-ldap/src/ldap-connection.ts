import type { Socket } from 'node:net'
import type { Clock } from '@parley/domain'
import {
  AbandonRequest,
  Attribute,
  BindRequest,
  Change,
  type Control,
  ExtendedRequest,
  type Filter,
  type Message,
  ModifyRequest,
  PresenceFilter,
  SearchRequest,
  UnbindRequest,
} from 'ldapts'
import type { LdapEntry } from './ldap-entry.ts'
import { directoryUnavailable, LdapResultError, resultCode } from './ldap-fault.ts'
import { type LdapReply, type LdapResult, parseReply } from './ldap-reply.ts'
import type { LdapServer } from './ldap-server.ts'
import { MessageFrames } from './message-frames.ts'
import { openSocket, secureSocket } from './open-socket.ts'
import { ReplyQueue } from './reply-queue.ts'

const startTlsOid = '1.3.6.1.4.1.1466.20037'
/** Entries that are kept for one question that has few answers. */
const mostFound = 50_000

/** What to search for. */
export interface LdapSearch {
  readonly base: string
  /** Everything below the base and itself, by default. */
  readonly scope?: 'base' | 'one' | 'sub'
  /** All entries by default. */
  readonly filter?: Filter
  /** Only these are sent; `1.1` for none (RFC 4511 §4.5.1.8). */
  readonly attributes: readonly string[]
  readonly controls?: readonly Control[]
  /** The directory ends the search after that many entries, and says so (sizeLimitExceeded). */
  readonly sizeLimit?: number
}

/**
 * One connection to one server: encrypted as configured before anything else is sent, and never opened again by itself, so nothing goes
 * over another one by accident. Requests may run at the same time. What a directory answers is read strictly.
 */
export class LdapConnection implements AsyncDisposable {
  /** Its URL, as configured. */
  readonly server: string
  readonly #options: LdapServer
  readonly #clock: Clock
  #socket: Socket
  #frames = new MessageFrames()
  readonly #waiting = new Map<number, ReplyQueue>()
  #lastId = 0
  #ended: Error | undefined

  private constructor(options: LdapServer, clock: Clock, socket: Socket) {
    this.server = options.url
    this.#options = options
    this.#clock = clock
    this.#socket = socket
  }

  /** Connects, and encrypts. Rejects with UnavailableError. */
  static async open(server: LdapServer, clock: Clock): Promise<LdapConnection> {
    const connection = new LdapConnection(server, clock, await openSocket(server, clock))
    connection.#listen()
    try {
      if (server.security === 'start-tls') await connection.#startTls()
      return connection
    } catch (error) {
      await connection[Symbol.asyncDispose]()
      throw error
    }
  }

  get isOpen(): boolean {
    return this.#ended === undefined
  }

  /** Whether nobody can read along. */
  get isEncrypted(): boolean {
    return this.#options.security !== 'clear'
  }

  /**
   * Signs in with a password (RFC 4513 §5.1); resolves with the answer, whatever it is. Rejects with UnavailableError.
   *
   * NOTE: with an empty password a directory would say yes to anybody, as anonymous (§5.1.2): callers refuse it first.
   */
  async bind(dn: string, password: string, controls: readonly Control[] = []): Promise<LdapResult> {
    return await this.#ask((messageId) => new BindRequest({ messageId, dn, password, controls: [...controls] }))
  }

  /** Everything that answers a search, then its end, whatever its code. Rejects with UnavailableError. */
  async *replies(search: LdapSearch): AsyncGenerator<Exclude<LdapReply, LdapResult>, LdapResult, void> {
    const id = this.#nextId()
    const request = new SearchRequest({
      messageId: id,
      baseDN: search.base,
      scope: search.scope ?? 'sub',
      filter: search.filter ?? new PresenceFilter({ attribute: 'objectClass' }),
      attributes: [...search.attributes],
      sizeLimit: search.sizeLimit ?? 0,
      timeLimit: Math.ceil(this.#options.timeoutMs / 1000),
      controls: [...(search.controls ?? [])],
    })
    const queue = this.#send(request)
    let done = false
    try {
      for (;;) {
        const reply = await this.#next(queue)
        if (reply.kind === 'result') {
          done = true
          return reply
        }
        yield reply
      }
    } finally {
      this.#waiting.delete(id)
      if (!done) this.#abandon(id)
    }
  }

  /** The entries that a search finds, for few of them. Rejects with LdapResultError when it fails; where nothing is, nothing is found. */
  async find(search: LdapSearch): Promise<LdapEntry[]> {
    const entries: LdapEntry[] = []
    const replies = this.replies(search)
    try {
      let next = await replies.next()
      for (; !next.done; next = await replies.next()) {
        if (next.value.kind === 'entry') entries.push(next.value.entry)
        if (entries.length > mostFound) throw directoryUnavailable(`${this.server}: it sends more than was asked for`)
      }
      const { code } = next.value
      const isLimited = code === resultCode.sizeLimitExceeded && search.sizeLimit !== undefined
      if (code === resultCode.noSuchObject && search.scope === 'base') return []
      if (code !== resultCode.success && !isLimited) throw this.failure(next.value, `search of ${search.base}`)
      return entries
    } finally {
      await replies.return(undefined as never)
    }
  }

  /** Replaces the values of an attribute. Rejects with LdapResultError. */
  async replace(dn: string, attribute: string, values: readonly string[]): Promise<void> {
    const modification = new Attribute({ type: attribute, values: [...values] })
    const changes = [new Change({ operation: 'replace', modification })]
    const result = await this.#ask((messageId) => new ModifyRequest({ messageId, dn, changes }))
    if (result.code !== resultCode.success) throw this.failure(result, `change of ${attribute}`)
  }

  /** The error for a result that is none of success; `what` names the operation. */
  failure({ code, diagnostic, referrals }: LdapResult, what: string): LdapResultError {
    const elsewhere = referrals.length > 0 ? `${diagnostic} ${referrals.slice(0, 3).join(' ')}` : diagnostic
    return new LdapResultError(code, elsewhere, `${this.server}: ${what}`)
  }

  /** Says good-bye and closes; whoever waits gets an error. Calling it again is harmless. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#ended === undefined) this.#socket.end(new UnbindRequest({ messageId: this.#nextId() }).write())
    this.#end('the connection was closed')
  }

  async #startTls(): Promise<void> {
    const result = await this.#ask((messageId) => new ExtendedRequest({ messageId, oid: startTlsOid }))
    if (result.code !== resultCode.success) throw directoryUnavailable(this.failure(result, 'StartTLS').message)
    const plain = this.#socket
    plain.removeAllListeners('data')
    // Whatever came in clear text after the answer is not believed.
    this.#frames = new MessageFrames()
    this.#socket = await secureSocket(plain, this.#options, this.#clock)
    this.#listen()
  }

  #listen(): void {
    this.#socket
      .on('data', (chunk: Buffer) => this.#receive(chunk))
      .on('error', () => undefined)
      .once('close', () => this.#end('it has closed the connection'))
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#frames.push(chunk)) {
        const { id, reply } = parseReply(message)
        if (id === 0) this.#end('it has ended the connection')
        this.#waiting.get(id)?.push(reply)
      }
    } catch (error) {
      this.#end(`it sends what is not LDAP (${error instanceof Error ? error.message : 'unreadable'})`)
    }
  }

  async #ask(request: (messageId: number) => Message): Promise<LdapResult> {
    const message = request(this.#nextId())
    try {
      const reply = await this.#next(this.#send(message))
      if (reply.kind === 'result') return reply
      throw directoryUnavailable(`${this.server}: it answers something else than was asked for`)
    } finally {
      this.#waiting.delete(message.messageId)
    }
  }

  #send(message: Message): ReplyQueue {
    if (this.#ended) throw this.#ended
    const queue = new ReplyQueue(this.#clock)
    this.#waiting.set(message.messageId, queue)
    this.#socket.write(message.write())
    return queue
  }

  async #next(queue: ReplyQueue): Promise<LdapReply> {
    const { timeoutMs } = this.#options
    return await queue.next(timeoutMs, () => this.#end(`it has not answered for ${timeoutMs / 1000} s`))
  }

  #abandon(id: number): void {
    if (this.#ended) return
    this.#socket.write(new AbandonRequest({ messageId: this.#nextId(), abandonId: id }).write())
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % 0x7fffffff) + 1
    return this.#lastId
  }

  #end(why: string): void {
    if (this.#ended) return
    this.#ended = directoryUnavailable(`${this.server}: ${why}`)
    this.#socket.destroySoon()
    for (const queue of this.#waiting.values()) queue.fail(this.#ended)
  }
}
