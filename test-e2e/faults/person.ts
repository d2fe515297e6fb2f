import { isExpectedError, RequestRefusedError, RvpClient, type RvpClientEvent, type SendOutcome } from '@parley/client'
import { CallbackListener, DigestAuthentication, UndiciTransport } from '@parley/client/node'
import type { AccessList, ContactList, LogicalUrl, PresenceState } from '@parley/protocol'
import { userUrl } from '@parley/protocol'
import { passwordOf } from '../cluster/users-file.ts'
import { Fact } from '../kill/fact.ts'
import type { SeededRandom } from '../seeded-random.ts'

/** States that are neither idle nor offline, so that a user with one view is in the state that was set last (RVP §5.5). */
const states: readonly PresenceState[] = ['online', 'busy', 'back-soon', 'away', 'on-phone', 'at-lunch']
const rights = ['send-to', 'presence', 'read', 'list'] as const
const friends = 8

export interface PersonOptions {
  readonly server: string
  readonly domain: string
  readonly alias: string
  readonly device: 'stream' | 'callback'
  readonly random: SeededRandom
  /** Of the presence, in seconds. */
  readonly leaseSeconds?: number
  /** Of this machine, where devices are called back; loopback when absent. */
  readonly callBackAddress?: string
  readonly onNews: () => void
}

/** A change that a watcher was told. */
export interface HeardState {
  readonly node: LogicalUrl
  readonly state: PresenceState
}

/** A user who is signed on at one device: what was acknowledged to it, and what it has seen. */
export class Person implements AsyncDisposable {
  readonly alias: string
  readonly client: RvpClient
  /** Texts of messages that its device took, by sender, in their order. */
  readonly taken = new Map<LogicalUrl, string[]>()
  /** Every change that it heard since `forgetNews`. */
  heard: HeardState[] = []
  /** Whom it watches, and was granted to. */
  readonly watching = new Set<Person>()
  /** Who blocks it: nothing of them may ever be heard. */
  readonly blockedBy = new Set<Person>()
  /** Why it was signed out, which no fault may cause. */
  signedOut: Error | undefined
  readonly #transport: UndiciTransport
  readonly #state: Fact<PresenceState>
  readonly #contacts: Fact<string>
  readonly #access = new Map<LogicalUrl, Fact<string>>()
  #isCertain = true
  #isGone = false

  private constructor({ alias, domain, onNews }: PersonOptions, client: RvpClient, transport: UndiciTransport) {
    this.alias = alias
    this.client = client
    this.#transport = transport
    this.#state = new Fact(`the state of ${alias}`, client.state)
    this.#contacts = new Fact(`the contact list of ${alias}`, described(noContacts))
    for (let number = 0; number < friends; number += 1) {
      const friend = userUrl(domain, `friend${number}`)
      this.#access.set(friend, new Fact(`what ${alias} allows ${friend}`, 'nothing'))
    }
    client.on((event) => {
      this.#hear(event)
      onNews()
    })
  }

  static async signOn(options: PersonOptions): Promise<Person> {
    const { server, domain, alias, device, random, leaseSeconds, callBackAddress: address = '127.0.0.1' } = options
    const clientRandom = { fraction: () => random.fraction(), guid: () => crypto.randomUUID() }
    const authentication = new DigestAuthentication({ user: alias, password: passwordOf(alias) }, clientRandom)
    const transport = new UndiciTransport({ server, authentication })
    const client = await RvpClient.signOn({
      transport,
      domain,
      alias,
      inbox: device === 'stream' ? 'stream' : new CallbackListener({ address }),
      random: clientRandom,
      ...(leaseSeconds !== undefined && { leaseSeconds }),
    })
    return new Person(options, client, transport)
  }

  get node(): LogicalUrl {
    return this.client.self
  }

  /** The state that all others must see: certain after `settle`. */
  get state(): PresenceState {
    return this.#isGone ? 'offline' : this.#state.value
  }

  async watch(other: Person): Promise<void> {
    await this.client.watch(other.node)
    this.watching.add(other)
  }

  async changeState(random: SeededRandom): Promise<void> {
    const state = random.pick(states) ?? 'online'
    this.#isCertain = false
    await this.#state.write(state, () => this.client.setState(state))
    this.#isCertain = true
  }

  /** Grants and denies one friend some rights. */
  async changeAccess(random: SeededRandom): Promise<void> {
    const [friend, fact] = random.pick([...this.#access]) ?? []
    if (friend === undefined || fact === undefined) return
    const grant = rights.filter(() => random.below(3) === 0)
    const deny = rights.filter((right) => !grant.includes(right) && random.below(3) === 0)
    const list: AccessList = [
      { principal: { kind: 'node', node: friend }, grant, deny, credentials: ['assertion', 'digest', 'ntlm'] },
    ]
    await fact.write(describedRights(grant, deny), () => this.client.writeAcl(list))
  }

  /** Writes the contact list that the server keeps. */
  async changeContacts(random: SeededRandom): Promise<void> {
    const contacts = Array.from({ length: 1 + random.below(10) }, (_, index) => ({
      href: userUrl(this.client.domain, `friend${index}`),
      displayName: `Friend ${random.below(1_000_000)}`,
      groups: [],
    }))
    const list: ContactList = { groups: [], contacts }
    await this.#contacts.write(described(list), () => this.client.writeContacts(list))
  }

  async send(to: Person, text: string): Promise<SendOutcome> {
    return await this.client.send(to.node, text)
  }

  /** Compares what the server keeps with what it has acknowledged; throws when something is lost or comes from nowhere. */
  async checkFacts(watchers: readonly Person[]): Promise<void> {
    const [access, contacts, listed] = await Promise.all([
      this.client.readAcl(),
      this.client.readContacts(),
      this.client.subscriptions('update/propchange'),
    ])
    const found = new Map<string, string>()
    for (const { principal, grant, deny } of access) {
      if (principal.kind === 'node') found.set(principal.node, describedRights(grant, deny))
    }
    for (const [friend, fact] of this.#access) fact.observe(found.get(friend) ?? 'nothing')
    this.#contacts.observe(described(contacts))
    const subscribers = new Set<string>(listed.map(({ href }) => href))
    const lost = watchers.filter(({ node }) => !subscribers.has(node)).map(({ alias }) => alias)
    if (lost.length > 0) throw new Error(`acknowledged watches of ${this.alias} are lost: ${lost}`)
  }

  /** Learns the state that the server keeps; who does not know what became of the last change says it again. */
  async settle(): Promise<void> {
    const { propstats } = await this.client.propfind(this.node, { kind: 'allprop' })
    const found = propstats.filter(({ status }) => status === 200).flatMap(({ properties }) => properties)
    this.#state.observe(found.find(({ state }) => state)?.state?.state ?? 'offline')
    if (this.#isCertain) return
    const { state } = this.client
    await this.#state.write(state, () => this.client.setState(state))
    this.#isCertain = true
  }

  /** What it sees of those it watches, where that is not the truth. */
  lies(): string[] {
    const lies: string[] = []
    for (const other of this.watching) {
      const seen = this.client.stateOf(other.node)
      if (seen === other.state) continue
      const heard = this.heard.filter(({ node }) => node === other.node).map(({ state }) => state)
      lies.push(`${this.alias} sees ${other.alias} ${seen}, who is ${other.state}; heard last: ${heard.slice(-6)}`)
    }
    return lies
  }

  /** Throws unless everybody who blocks it goes on doing so. */
  async checkBlocks(): Promise<void> {
    for (const blocker of this.blockedBy) {
      try {
        await this.client.watch(blocker.node)
      } catch (error) {
        if (error instanceof RequestRefusedError && error.status === 403) continue
        throw error
      }
      throw new Error(`${this.alias} may watch ${blocker.alias}, who blocks it`)
    }
  }

  forgetNews(): void {
    this.heard = []
  }

  /** Vanishes without a word, as a machine whose plug is pulled. */
  async vanish(): Promise<void> {
    this.#isGone = true
    await this.client.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
    await this.#transport.close()
  }

  #hear(event: RvpClientEvent): void {
    if (event.type === 'presence') this.heard.push({ node: event.node, state: event.state })
    if (event.type === 'message') {
      const texts = this.taken.get(event.from) ?? []
      texts.push(event.text)
      this.taken.set(event.from, texts)
    }
    if (event.type === 'signed-out') this.signedOut = event.error
  }
}

/** Does something that a fault may make fail; anything else than a server's or a network's error is thrown. */
export async function unlessFaulty(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (!isExpectedError(error)) throw error
    return false
  }
}

const noContacts: ContactList = { groups: [], contacts: [] }

function described({ groups, contacts }: ContactList): string {
  return JSON.stringify([groups, contacts.map(({ href, displayName }) => [href, displayName])])
}

function describedRights(grant: readonly string[], deny: readonly string[]): string {
  if (grant.length + deny.length === 0) return 'nothing'
  return `grant ${[...grant].sort().join(',')} deny ${[...deny].sort().join(',')}`
}
