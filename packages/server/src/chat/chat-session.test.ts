import {
  nameOfNode,
  nodeNamed,
  RequestRefusedError,
  type RvpClientEvent,
  type SendOutcome,
  TransportError,
} from '@parley/client'
import { ManualClock } from '@parley/domain'
import {
  type ContactList,
  type LogicalUrl,
  type PresenceState,
  parseMimePayload,
  textPayload,
  userUrl,
} from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { type ChatClient, ChatSession } from './chat-session.ts'

const domain = 'im.example.com'
const alice = userUrl(domain, 'alice')
const bob = userUrl(domain, 'bob')

/** A client without a server: remembers what it was asked, and answers what the test sets. */
class FakeClient implements ChatClient {
  readonly self = alice
  readonly displayName = 'Alice'
  state: PresenceState = 'online'
  readonly states = new Map<LogicalUrl, PresenceState>([[bob, 'away']])
  list: ContactList = { groups: [], contacts: [] }
  outcome: SendOutcome | Error = 'delivered'
  readonly asked: string[] = []
  readonly #listeners = new Set<(event: RvpClientEvent) => void>()

  nodeNamed = (name: string) => nodeNamed(name, domain)
  nameOf = (node: LogicalUrl) => nameOfNode(node, domain)
  stateOf = (node: LogicalUrl) => this.states.get(node)
  readContacts = async () => this.list

  async writeContacts(list: ContactList): Promise<void> {
    this.list = list
  }

  async watch(node: LogicalUrl): Promise<PresenceState | undefined> {
    if (!this.states.has(node)) throw new RequestRefusedError('SUBSCRIBE', 404, 'r-1')
    return this.states.get(node)
  }

  async unwatch(node: LogicalUrl): Promise<void> {
    this.asked.push(`unwatch ${this.nameOf(node)}`)
  }

  async send(to: LogicalUrl, text: string): Promise<SendOutcome> {
    this.asked.push(`send ${this.nameOf(to)}: ${text}`)
    if (this.outcome instanceof Error) throw this.outcome
    return this.outcome
  }

  async setState(state: PresenceState): Promise<void> {
    this.state = state
  }

  async allow(node: LogicalUrl): Promise<void> {
    this.asked.push(`allow ${this.nameOf(node)}`)
  }

  async block(node: LogicalUrl): Promise<void> {
    this.asked.push(`block ${this.nameOf(node)}`)
  }

  on(listener: (event: RvpClientEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(event: RvpClientEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}

async function begin({ client = new FakeClient(), names = [] as string[] } = {}) {
  const shown: string[] = []
  let signedOut = 0
  const session = new ChatSession({
    client,
    clock: new ManualClock(),
    show: (text) => shown.push(text.replace(/^\d\d:\d\d /, '')),
    onSignedOut: () => signedOut++,
  })
  await session.start(names)
  const greeting = shown.splice(0)
  const take = async (line: string) => {
    await session.take(line)
    return shown.splice(0)
  }
  const hear = (event: RvpClientEvent) => {
    client.emit(event)
    return shown.splice(0)
  }
  return { client, session, greeting, take, hear, signedOut: () => signedOut }
}

function said(text: string, from = bob) {
  const payload = parseMimePayload(textPayload({ sessionId: '{S}', text }))
  return { type: 'message', text, from, fromName: 'Bob', sessionId: '{S}', payload } as const
}

describe('a chat', () => {
  it('begins with the contacts that the server keeps, and their states', async () => {
    const client = new FakeClient()
    const contact = (href: string, displayName: string) => ({ href, displayName, groups: [] })
    client.list = { groups: [], contacts: [contact(bob, 'Bob\x1b[2J'), contact(userUrl(domain, 'carol'), '')] }
    const { greeting, session } = await begin({ client })
    expect(greeting).toEqual([
      '! carol: there is nobody of that name (request r-1)',
      'signed on as alice, online',
      'contacts:\n  bob    away  Bob\n  carol  unknown',
    ])
    expect(session.names).toEqual(['bob', 'carol'])
  })

  it('sends plain lines to the current recipient', async () => {
    const { client, session, take } = await begin()
    expect(await take('hello')).toEqual(['! say to whom with /to NAME, or use /msg NAME TEXT'])
    expect(await take('/to bob')).toEqual(['plain lines go to bob'])
    expect(session.recipientName).toBe('bob')
    expect(await take('hello')).toEqual(['-> <bob> hello'])
    expect(client.asked).toEqual(['send bob: hello'])
    const other = await begin({ names: ['bob'] })
    expect(other.session.recipientName).toBe('bob')
    expect(other.greeting).toContain('contacts:\n  bob  away')
  })

  it('says so when a message was not delivered', async () => {
    const { client, take } = await begin()
    client.outcome = 'not-available'
    expect(await take('/msg bob hi')).toEqual(['! bob is not available, the message was not delivered'])
    client.outcome = new TransportError('unreachable', 'the server cannot be reached')
    expect(await take('/msg bob hi')).toEqual(['! the server cannot be reached'])
    expect(await take('/msg a/b hi')).toEqual(['! address has no valid alias'])
  })

  it('lets mistakes of our own through', async () => {
    const { client, session } = await begin()
    client.outcome = new TypeError('bug')
    await expect(session.take('/msg bob hi')).rejects.toBe(client.outcome)
  })

  it('keeps contacts on the server, with what other devices made of them', async () => {
    const { client, take } = await begin()
    expect(await take('/add bob Bob Brown')).toEqual(['bob is on your list'])
    expect(client.list).toEqual({ groups: [], contacts: [{ href: bob, displayName: 'Bob Brown', groups: [] }] })
    client.list = { groups: ['Team'], contacts: [{ href: bob, displayName: 'Bob Brown', groups: ['Team'] }] }
    await take('/add bob')
    expect(client.list.contacts).toEqual([{ href: bob, displayName: 'Bob Brown', groups: ['Team'] }])
    expect(await take('/remove bob')).toEqual(['bob is no longer on your list'])
    expect(client.list).toEqual({ groups: ['Team'], contacts: [] })
    expect(client.asked).toEqual(['unwatch bob'])
    expect(await take('/add nobody')).toEqual(['! there is nobody of that name (request r-1)'])
  })

  it('shows what it hears, without what a terminal would obey', async () => {
    const { hear } = await begin()
    expect(hear({ type: 'presence', node: bob, state: 'busy' })).toEqual(['bob is busy'])
    expect(hear({ type: 'presence', node: alice, state: 'busy' })).toEqual([])
    expect(hear(said('hi\x1b[2J\n12:00 <carol> fake'))).toEqual(['<bob> hi\n      12:00 <carol> fake'])
    expect(hear({ ...said(''), type: 'typing' })).toEqual(['bob is typing'])
    expect(hear({ type: 'connection', up: false })).toEqual(['! the connection is lost; trying again'])
    expect(hear({ type: 'connection', up: true })).toEqual(['connected again'])
  })

  it('changes the state, blocks and allows', async () => {
    const { client, take } = await begin()
    expect(await take('/state busy')).toEqual(['you are busy'])
    expect(client.state).toBe('busy')
    await take('/block bob')
    await take('/allow bob')
    expect(client.asked).toEqual(['block bob', 'allow bob'])
  })

  it('ends with /quit, or when the server signs us off', async () => {
    const { session, hear, signedOut } = await begin()
    expect(await session.take('/help')).toBe(true)
    expect(await session.take('/quit')).toBe(false)
    const error = new RequestRefusedError('SUBSCRIBE', 403, undefined)
    expect(hear({ type: 'signed-out', error })).toContainEqual('! signed off by the server: that is not allowed')
    expect(signedOut()).toBe(1)
    session.stop()
    expect(hear({ type: 'connection', up: true })).toEqual([])
  })
})
