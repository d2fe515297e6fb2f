import {
  platformRandom,
  RvpClient,
  type RvpClientEvent,
  type RvpTransportRequest,
  type RvpTransportResponse,
  type SendOutcome,
} from '@parley/client'
import { DigestAuthentication, UndiciTransport } from '@parley/client/node'
import {
  header,
  joinConversationPayload,
  type LogicalUrl,
  leavePayload,
  notificationsVersion,
  type PresenceState,
  textPayload,
  writeMessage,
  xmlContentType,
} from '@parley/protocol'
import { EventQueue } from './event-queue.ts'
import type { ParleyServer, UserAccount } from './parley-server.ts'

/** A message as our own client reads it. */
export interface HeardMessage {
  readonly from: string
  readonly text: string
}

type EventOf<T extends RvpClientEvent['type']> = Extract<RvpClientEvent, { type: T }>

/** A person at our own client, reached over a stream. People are named by their aliases. */
export class ParleyUser implements AsyncDisposable {
  readonly #client: RvpClient
  readonly #transport: UndiciTransport
  readonly #events = new EventQueue<RvpClientEvent>()

  private constructor(client: RvpClient, transport: UndiciTransport) {
    this.#client = client
    this.#transport = transport
    client.on((event) => this.#events.push(event))
  }

  /** `domain`: a name of the IM domain. */
  static async signOn(
    server: Pick<ParleyServer, 'port'>,
    domain: string,
    { name: alias, password }: Pick<UserAccount, 'name' | 'password'>,
  ): Promise<ParleyUser> {
    const transport = new UndiciTransport({
      server: `http://127.0.0.1:${server.port}`,
      authentication: new DigestAuthentication({ user: alias, password }, platformRandom),
    })
    const client = await RvpClient.signOn({ transport, domain, alias, inbox: 'stream' })
    return new ParleyUser(client, transport)
  }

  async signOff(): Promise<void> {
    await this.#client.signOff()
  }

  async setState(state: PresenceState): Promise<void> {
    await this.#client.setState(state)
  }

  /** Watches a contact; resolves to its state now. */
  async addContact(contact: string): Promise<PresenceState | undefined> {
    return this.#client.watch(this.#node(contact))
  }

  /** Ends the watch of a contact. */
  async removeContact(contact: string): Promise<void> {
    await this.#client.unwatch(this.#node(contact))
  }

  /** Lets somebody neither see nor message us. */
  async block(contact: string): Promise<void> {
    await this.#client.block(this.#node(contact))
  }

  async allow(contact: string): Promise<void> {
    await this.#client.allow(this.#node(contact))
  }

  /** Sends a request as it is, signed in. */
  async ask(request: RvpTransportRequest): Promise<RvpTransportResponse> {
    return await this.#transport.send(request)
  }

  /** Waits until the contact changes to this, and so leaves earlier changes behind. */
  async seesBecome(contact: string, state: PresenceState): Promise<void> {
    const node = this.#node(contact)
    let heard: PresenceState
    do heard = (await this.#next('presence', `${contact} becoming ${state}`, (event) => event.node === node)).state
    while (heard !== state)
  }

  async send(contact: string, text: string): Promise<SendOutcome> {
    return this.#client.send(this.#node(contact), text)
  }

  async typing(contact: string): Promise<SendOutcome> {
    return this.#client.sendTyping(this.#node(contact))
  }

  async nextMessage(): Promise<HeardMessage> {
    const { from, text } = await this.#next('message', 'message')
    return { from: this.#client.nameOf(from), text }
  }

  async seesTyping(contact: string): Promise<void> {
    const node = this.#node(contact)
    await this.#next('typing', `typing of ${contact}`, (event) => event.from === node)
  }

  /** Brings others into a conversation, in which every member says everything to every other (client-facts §1.8). */
  async beginConversation(sessionId: string, members: readonly string[]): Promise<void> {
    await this.#tellAll(members, joinConversationPayload({ sessionId }))
  }

  async say(sessionId: string, members: readonly string[], text: string): Promise<void> {
    await this.#tellAll(members, textPayload({ sessionId, text }))
  }

  async leaveConversation(sessionId: string, members: readonly string[]): Promise<void> {
    await this.#tellAll(members, leavePayload({ sessionId }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close()
  }

  /** NOTE: librvp takes a message for part of a conversation only when it names all of its members as recipients. */
  async #tellAll(members: readonly string[], mime: string): Promise<void> {
    const to = members.map((member) => ({ href: this.#node(member), description: member }))
    const body = writeMessage({ from: { href: this.#client.self, description: this.#client.displayName }, to, mime })
    const headers = [
      [header.notificationsVersion, notificationsVersion],
      [header.fromPrincipal, this.#client.self],
      [header.contentType, xmlContentType],
      [header.ackType, 'DeepOr'],
      [header.hopCount, '1'],
    ] as const
    for (const { href } of to) {
      const { status } = await this.#transport.send({ method: 'NOTIFY', url: href, headers, body })
      if (status !== 200) throw new Error(`NOTIFY ${href} was answered with ${status}`)
    }
  }

  #node(contact: string): LogicalUrl {
    return this.#client.nodeNamed(contact)
  }

  async #next<T extends RvpClientEvent['type']>(
    type: T,
    what: string,
    matches: (event: EventOf<T>) => boolean = () => true,
  ): Promise<EventOf<T>> {
    const isIt = (event: RvpClientEvent) => event.type === type && matches(event as EventOf<T>)
    return (await this.#events.next(`${what} for ${this.#client.nameOf(this.#client.self)}`, isIt)) as EventOf<T>
  }
}
