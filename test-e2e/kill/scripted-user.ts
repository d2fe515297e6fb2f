import { platformRandom, RvpRequests, TransportError } from '@parley/client'
import { DigestAuthentication, UndiciTransport } from '@parley/client/node'
import {
  type AccessList,
  type ContactList,
  type LogicalUrl,
  type NotificationType,
  type PresenceState,
  parseContacts,
  principalKey,
  propertyNames,
  userUrl,
  writeContacts,
} from '@parley/protocol'
import type { ParleyServer } from '../parley-server.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { Fact } from './fact.ts'
import { KnownSubscriptions, lifetimes } from './known-subscriptions.ts'

/** One thing after the other, as long as the server lives. */
export type Lane = (random: SeededRandom) => Promise<void>

// NOTE: neither idle nor offline, so that a user with one view is in the state that was set last (RVP §5.5).
const states: readonly PresenceState[] = ['online', 'busy', 'back-soon', 'away', 'on-phone', 'at-lunch']
const rights = ['send-to', 'presence', 'read', 'list'] as const
const friends = 12
const mostOwnSubscriptions = 8

/** A user who changes whatever a user can, and remembers what the server has acknowledged. */
export class ScriptedUser implements AsyncDisposable {
  readonly requests: RvpRequests
  readonly node: LogicalUrl
  readonly watches: KnownSubscriptions
  readonly logins: KnownSubscriptions
  readonly #transport: UndiciTransport
  readonly #access = new Map<string, Fact<string>>()
  readonly #contacts = new Fact('the contact list', '[]')
  readonly #state: Fact<PresenceState>
  #viewId: number | undefined

  constructor(server: ParleyServer, alias: string, password: string) {
    this.node = userUrl(server.domain, alias)
    this.#transport = new UndiciTransport({
      server: `http://127.0.0.1:${server.port}`,
      authentication: new DigestAuthentication({ user: alias, password }, platformRandom),
    })
    this.requests = new RvpRequests(this.#transport, this.node)
    this.watches = new KnownSubscriptions(this.node, 'update/propchange')
    this.logins = new KnownSubscriptions(this.node, 'pragma/notify')
    this.#state = new Fact(`the state of ${alias}`, 'offline')
    for (let number = 0; number < friends; number += 1) {
      const friend = userUrl(server.domain, `friend${number}`)
      this.#access.set(friend, new Fact(`what ${alias} allows ${friend}`, 'nothing'))
    }
  }

  /** The state, which is certain after `check`. */
  get state(): PresenceState {
    return this.#state.value
  }

  /** Comes online; afterwards the view is known by its id, so that no lost answer makes a second one. */
  async comeOnline(): Promise<void> {
    await this.#setState('online')
  }

  /** Changes its state. */
  readonly changeState: Lane = async (random) => {
    await this.#setState(random.pick(states) ?? 'online')
  }

  /** Grants and denies one friend some rights, or takes its entry away. */
  readonly changeAccess: Lane = async (random) => {
    const [friend, fact] = random.pick([...this.#access]) ?? []
    if (friend === undefined || fact === undefined) return
    const grant = rights.filter(() => random.below(3) === 0)
    const deny = rights.filter((right) => !grant.includes(right) && random.below(3) === 0)
    const entry = { principal: { kind: 'node', node: friend as LogicalUrl }, grant, deny } as const
    const list: AccessList = [{ ...entry, credentials: ['assertion', 'digest', 'ntlm'] }]
    await fact.write(described(grant, deny), () => this.requests.writeAcl(this.node, list))
  }

  /** Writes the contact list that the server keeps. */
  readonly changeContacts: Lane = async (random) => {
    const groups = ['Friends', 'Office'].filter(() => random.below(2) === 0)
    const contacts = Array.from({ length: 1 + random.below(30) }, (_, index) => ({
      href: userUrl('im.example.com', `friend${index}`),
      displayName: `Friend ${random.below(1_000_000)}`,
      groups: groups.filter(() => random.below(2) === 0),
    }))
    const list: ContactList = { groups, contacts }
    const write = () => this.requests.setProperty(propertyNames.contacts, writeContacts(list))
    await this.#contacts.write(JSON.stringify(list), write)
  }

  /** Begins, renews and ends watches of others. */
  watchOthers(others: readonly ScriptedUser[]): Lane {
    return async (random) => {
      const other = random.pick(others)
      if (other) await this.#changeSubscriptions(other.watches, this.node, random)
    }
  }

  /** Begins, renews and ends login subscriptions of a device. */
  signOnAndOff(callBack: string): Lane {
    return (random) => this.#changeSubscriptions(this.logins, callBack, random)
  }

  /** Does `lane` again and again until the server is gone; `onAnswer` hears of every acknowledgement. */
  async run(lane: Lane, random: SeededRandom, onAnswer: () => void): Promise<void> {
    try {
      for (;;) {
        await lane(random)
        onAnswer()
      }
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
    }
  }

  /** Compares the server with what it has acknowledged. Throws when something is lost, or comes from nowhere. */
  async check(): Promise<void> {
    const listed = (type: NotificationType) => this.requests.subscriptions(this.node, type)
    const names = [propertyNames.contacts, propertyNames.state]
    const [watches, logins, access, { propstats }] = await Promise.all([
      listed('update/propchange'),
      listed('pragma/notify'),
      this.requests.readAcl(this.node),
      this.requests.propfind(this.node, { kind: 'prop', names }),
    ])
    this.watches.observe(watches)
    this.logins.observe(logins)
    const entries = new Map(access.map((entry) => [principalKey(entry.principal), entry]))
    for (const [friend, fact] of this.#access) {
      const { grant, deny } = entries.get(friend) ?? { grant: [], deny: [] }
      fact.observe(described(grant, deny))
    }
    const found = propstats.filter(({ status }) => status === 200).flatMap(({ properties }) => properties)
    const contacts = found.find(({ name }) => name === propertyNames.contacts)
    this.#contacts.observe(contacts ? JSON.stringify(parseContacts(contacts.xml)) : '[]')
    this.#state.observe(found.find(({ state }) => state)?.state?.state ?? 'offline')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport.close()
  }

  async #setState(state: PresenceState): Promise<void> {
    await this.#state.write(state, async () => {
      const granted = await this.requests.setState({ state, leaseSeconds: 1_200, viewId: this.#viewId })
      this.#viewId ??= granted.viewId
    })
  }

  async #changeSubscriptions(known: KnownSubscriptions, callBack: string, random: SeededRandom): Promise<void> {
    const lifetime = random.pick(lifetimes) ?? 14_000
    const ids = known.idsOf(this.node)
    const id = random.pick(ids)
    const what = random.below(5)
    if (id === undefined || (what < 2 && ids.length < mostOwnSubscriptions)) {
      await known.create(this.requests, lifetime, callBack)
    } else if (what < 3) await known.end(this.requests, id)
    else await known.renew(this.requests, id, lifetime)
  }
}

function described(grant: readonly string[], deny: readonly string[]): string {
  if (grant.length + deny.length === 0) return 'nothing'
  return `grant ${[...grant].sort().join(',')} deny ${[...deny].sort().join(',')}`
}
