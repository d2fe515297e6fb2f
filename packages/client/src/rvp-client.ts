import {
  type AccessEntry,
  type AccessList,
  type AccessRight,
  type ContactList,
  type Invitation,
  invitationPayload,
  joinConversationPayload,
  type LogicalUrl,
  leavePayload,
  type Multistatus,
  type NotificationType,
  type PresenceState,
  type PropfindQuery,
  parseContacts,
  parseXml,
  propertyNames,
  type SubscriptionListing,
  textPayload,
  trimmedText,
  typingPayload,
  userUrl,
  writeContacts,
  writeMessage,
} from '@parley/protocol'
import { isExpectedError, RequestRefusedError } from './client-error.ts'
import type { RvpClientEvent } from './client-event.ts'
import { type ClientRandom, platformRandom } from './client-random.ts'
import type { DeviceInbox } from './device-inbox.ts'
import { EventHub } from './event-hub.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { nameOfNode, nodeNamed } from './node-name.ts'
import { eventsOf } from './notification-events.ts'
import { RvpRequests } from './rvp-requests.ts'
import { SessionBook } from './session-book.ts'
import { SignOn } from './sign-on.ts'
import { StreamInbox } from './stream-inbox.ts'
import { platformTimers, type Timers } from './timers.ts'
import type { RvpTransport } from './transport.ts'
import { WatchList } from './watch-list.ts'

/** Who signs on, and how. */
export interface SignOnOptions {
  /** The client's own from here on: it closes it in the end. */
  readonly transport: RvpTransport
  readonly domain: string
  readonly alias: string
  /** How the device is reached: `stream` needs no address of its own. */
  readonly inbox: DeviceInbox | 'stream'
  readonly state?: PresenceState
  readonly timers?: Timers
  readonly random?: ClientRandom
  /** Of subscriptions; what Exchange's clients ask for (client-facts §5, 21). */
  readonly lifetimeSeconds?: number
  /** Of the presence, which outlives a crashed client no longer (RVP §5.5.2: Exchange uses 20 minutes). */
  readonly leaseSeconds?: number
}

/**
 * What became of a message: a device took it; nobody is there (RVP §8, 412); the recipient does not want it; no such node; or
 * the recipient has left the conversation (RVP §8, 500).
 */
export type SendOutcome = 'delivered' | 'not-available' | 'forbidden' | 'unknown' | 'left'

const outcomes: Readonly<Record<number, SendOutcome>> = {
  403: 'forbidden',
  404: 'unknown',
  412: 'not-available',
  500: 'left',
}
const defaultCapacity = 1000
const contactRights: readonly AccessRight[] = ['send-to', 'presence']

/**
 * A user signed on from one device. Keeps itself signed on until `signOff` or `close`. Calls reject with TransportError and
 * RequestRefusedError.
 */
export class RvpClient {
  readonly self: LogicalUrl
  readonly domain: string
  readonly #transport: RvpTransport
  readonly #requests: RvpRequests
  readonly #signOn: SignOn
  readonly #watches: WatchList
  readonly #hub = new EventHub<RvpClientEvent>()
  readonly #sessions: SessionBook
  #displayName = ''

  private constructor(options: SignOnOptions) {
    const { transport, domain, alias, inbox, lifetimeSeconds = 14_400, leaseSeconds = 1200 } = options
    const { timers = platformTimers, random = platformRandom } = options
    this.self = userUrl(domain, alias)
    this.domain = domain.toLowerCase()
    this.#transport = transport
    const requests = new RvpRequests(transport, this.self)
    const leases = new LeaseKeeper(timers)
    this.#requests = requests
    this.#sessions = new SessionBook(random)
    this.#watches = new WatchList({
      requests,
      leases,
      lifetimeSeconds,
      onChange: (node, state) => this.#hub.emit({ type: 'presence', node, state }),
    })
    this.#signOn = new SignOn({
      requests,
      leases,
      timers,
      random,
      lifetimeSeconds,
      leaseSeconds,
      inbox:
        inbox === 'stream' ? new StreamInbox({ transport, timers, random, headers: requests.commonHeaders }) : inbox,
      onRestored: () => this.#watches.restore(),
      onRefused: (error) => {
        this.#hub.emit({ type: 'signed-out', error })
        void this.close()
      },
    })
  }

  /** Signs on; when that fails, nothing of it is left. */
  static async signOn(options: SignOnOptions): Promise<RvpClient> {
    const client = new RvpClient(options)
    try {
      await client.#start(options.state ?? 'online')
      return client
    } catch (error) {
      await client.close()
      throw error
    }
  }

  /** What others call us, from the directory. */
  get displayName(): string {
    return this.#displayName
  }

  /** The state of this device's own view. */
  get state(): PresenceState {
    return this.#signOn.state
  }

  /** Nodes whose presence we watch; our own is among them. */
  get watched(): readonly LogicalUrl[] {
    return this.#watches.nodes
  }

  /** The last state heard of a node that we watch. */
  stateOf(node: LogicalUrl): PresenceState | undefined {
    return this.#watches.stateOf(node)
  }

  /** Reads a node's name as a person writes it. Throws BadRequestError. */
  nodeNamed(name: string): LogicalUrl {
    return nodeNamed(name, this.domain)
  }

  nameOf(node: LogicalUrl): string {
    return nameOfNode(node, this.domain)
  }

  /** Calls `listener` with every event from now on; the returned function takes it back. */
  on(listener: (event: RvpClientEvent) => void): () => void {
    return this.#hub.on(listener)
  }

  /** The events from now on, until the client is closed; fails with EventOverflowError when too many wait. */
  events(capacity = defaultCapacity): AsyncIterableIterator<RvpClientEvent, undefined> {
    return this.#hub.events(capacity)
  }

  async setState(state: PresenceState): Promise<void> {
    await this.#signOn.setState(state)
  }

  /** Watches a node; resolves with its state now, and further states come as events. */
  async watch(node: LogicalUrl): Promise<PresenceState | undefined> {
    return await this.#watches.add(node)
  }

  async unwatch(node: LogicalUrl): Promise<void> {
    await this.#watches.remove(node)
  }

  /** Sends an instant message, in the running session with that node unless `sessionId` names another. */
  async send(to: LogicalUrl, text: string, sessionId = this.#sessions.with(to)): Promise<SendOutcome> {
    return await this.sendPayload(to, textPayload({ sessionId, text }))
  }

  /** Says that we are typing; repeat it every few seconds (RVP §10.2). */
  async sendTyping(to: LogicalUrl, sessionId = this.#sessions.with(to)): Promise<SendOutcome> {
    const typingUser = nameOfNode(this.self, '')
    return await this.sendPayload(to, typingPayload({ sessionId, typingUser }))
  }

  /** Brings a node into a session of several, in which every member sends to every other (client-facts §1.8). */
  async sendJoin(to: LogicalUrl, sessionId: string): Promise<SendOutcome> {
    return await this.sendPayload(to, joinConversationPayload({ sessionId }))
  }

  async sendLeave(to: LogicalUrl, sessionId = this.#sessions.with(to)): Promise<SendOutcome> {
    return await this.sendPayload(to, leavePayload({ sessionId }))
  }

  async sendInvitation(
    to: LogicalUrl,
    invitation: Invitation,
    sessionId = this.#sessions.with(to),
  ): Promise<SendOutcome> {
    return await this.sendPayload(to, invitationPayload({ sessionId, invitation }))
  }

  /** Sends a MIME payload as it is; `delivered` means that one device took it (RVP §5.6, DeepOr). */
  async sendPayload(to: LogicalUrl, mime: string): Promise<SendOutcome> {
    const from = { href: this.self, description: this.#displayName }
    const body = writeMessage({ from, to: [{ href: to, description: '' }], mime })
    try {
      await this.#requests.notify(to, body, 'DeepOr')
      return 'delivered'
    } catch (error) {
      const outcome = error instanceof RequestRefusedError ? outcomes[error.status] : undefined
      if (outcome) return outcome
      throw error
    }
  }

  async propfind(node: LogicalUrl, query: PropfindQuery): Promise<Multistatus> {
    return await this.#requests.propfind(node, query)
  }

  /** Who is subscribed to a node, ours unless another is given. */
  async subscriptions(type: NotificationType, node = this.self): Promise<readonly SubscriptionListing[]> {
    return await this.#requests.subscriptions(node, type)
  }

  async readAcl(node = this.self): Promise<AccessList> {
    return await this.#requests.readAcl(node)
  }

  async writeAcl(entries: AccessList, node = this.self): Promise<void> {
    await this.#requests.writeAcl(node, entries)
  }

  /** Lets somebody see and message us, as librvp does for a contact (client-facts §1.7). */
  async allow(node: LogicalUrl): Promise<void> {
    await this.writeAcl([contactEntry(node, contactRights, [])])
  }

  async block(node: LogicalUrl): Promise<void> {
    await this.writeAcl([contactEntry(node, [], contactRights)])
  }

  /** The contact list that the server keeps (RVP §5.4); empty when none was written. */
  async readContacts(): Promise<ContactList> {
    const { propstats } = await this.propfind(this.self, { kind: 'prop', names: [propertyNames.contacts] })
    const property = propstats
      .filter(({ status }) => status === 200)
      .flatMap(({ properties }) => properties)
      .find(({ name }) => name === propertyNames.contacts)
    return parseContacts(property?.xml ?? '')
  }

  async writeContacts(list: ContactList): Promise<void> {
    await this.#requests.setProperty(propertyNames.contacts, writeContacts(list))
  }

  /** Takes leave, as far as the server can be reached, and closes. Idempotent. */
  async signOff(): Promise<void> {
    try {
      const contacts = this.#watches.nodes.map((node) => this.#watches.remove(node))
      await Promise.all([this.#signOn.leave(), ...contacts])
    } catch (error) {
      if (!isExpectedError(error)) throw error
    } finally {
      await this.close()
    }
  }

  /** Vanishes without a word, as a crash would; the server finds out when leases run out. Idempotent. */
  async close(): Promise<void> {
    this.#hub.end()
    await Promise.all([this.#signOn.close(), this.#transport.close()])
  }

  /** The order and the requests of librvp's sign-on, which servers know (client-facts §1.3). */
  async #start(state: PresenceState): Promise<void> {
    await this.#signOn.start({
      notify: (body) => this.#hear(body),
      connection: (up) => this.#hub.emit({ type: 'connection', up }),
      lost: (how) => this.#signOn.again(how),
    })
    const [displayName] = await Promise.all([
      this.#readDisplayName(),
      this.#signOn.setState(state),
      this.subscriptions('update/propchange'),
      this.readAcl(),
    ])
    this.#displayName = displayName
    // Our own state too: another of our devices may change it (RVP §5.5).
    await this.#watches.add(this.self)
  }

  async #readDisplayName(): Promise<string> {
    const names = [propertyNames.displayName]
    const { propstats } = await this.#requests.propfind(this.self, { kind: 'prop', names })
    const properties = propstats.flatMap((propstat) => (propstat.status === 200 ? propstat.properties : []))
    const xml = properties.find(({ name }) => name === propertyNames.displayName)?.xml ?? ''
    return trimmedText(parseXml(`<text>${xml}</text>`))
  }

  #hear(body: string): boolean {
    const events = eventsOf(body)
    for (const event of events ?? []) {
      if (event.type === 'presence') this.#watches.hear(event.node, event.state)
      else {
        if (event.type === 'message' || event.type === 'join') this.#sessions.hear(event.from, event.sessionId)
        if (event.type === 'leave') this.#sessions.forget(event.from)
        this.#hub.emit(event)
      }
    }
    return events !== undefined
  }
}

function contactEntry(node: LogicalUrl, grant: readonly AccessRight[], deny: readonly AccessRight[]): AccessEntry {
  return { principal: { kind: 'node', node }, credentials: ['assertion', 'digest', 'ntlm'], grant, deny }
}
