import type { RvpClient, RvpClientEvent } from '@parley/client'
import type { Clock } from '@parley/domain'
import { type ListedContact, type LogicalUrl, type PresenceState, RvpError } from '@parley/protocol'
import { type ChatLine, parseChatLine } from './chat-line.ts'
import { contactsText, eventText, failureText, helpText, messageText, problemText } from './chat-text.ts'
import { printableLine } from './printable.ts'

/** What a chat uses of the client. */
export type ChatClient = Pick<
  RvpClient,
  | 'allow'
  | 'block'
  | 'displayName'
  | 'nameOf'
  | 'nodeNamed'
  | 'on'
  | 'readContacts'
  | 'self'
  | 'send'
  | 'setState'
  | 'state'
  | 'stateOf'
  | 'unwatch'
  | 'watch'
  | 'writeContacts'
>

/** What a chat works with. */
export interface ChatSessionOptions {
  readonly client: ChatClient
  readonly clock: Clock
  /** Takes text to show, which may have several lines and is safe for a terminal. */
  readonly show: (text: string) => void
  /** Called once when the server has signed us off. */
  readonly onSignedOut: () => void
}

/** A signed-on user's conversation with the program: lines in, lines out. */
export class ChatSession {
  readonly #options: ChatSessionOptions
  /** As the server keeps them, so that they follow the user (RVP §5.4). */
  #contacts: readonly ListedContact[] = []
  /** Watched besides, by the caller's wish. */
  #others: readonly LogicalUrl[] = []
  #recipient: LogicalUrl | undefined
  #hadProblems = false
  #stopListening: () => void = () => undefined

  constructor(options: ChatSessionOptions) {
    this.#options = options
  }

  /** Shows and watches the contacts; `names` are watched besides, and the first becomes the recipient. */
  async start(names: readonly string[]): Promise<void> {
    const { client } = this.#options
    this.#contacts = (await client.readContacts()).contacts
    this.#others = names.map((name) => client.nodeNamed(name))
    this.#recipient = this.#others[0]
    await Promise.all(this.#nodes.map((node) => this.#try(() => client.watch(node), client.nameOf(node))))
    this.#say(`signed on as ${client.nameOf(client.self)}, ${client.state}`)
    this.#showContacts()
    this.#stopListening = client.on((event) => this.#hear(event))
  }

  stop(): void {
    this.#stopListening()
  }

  /** Whom a plain line goes to. */
  get recipientName(): string | undefined {
    return this.#recipient && this.#nameOf(this.#recipient)
  }

  /** Whether something that was asked for could not be done, e.g. a message was not delivered. */
  get hadProblems(): boolean {
    return this.#hadProblems
  }

  /** Names to complete. */
  get names(): readonly string[] {
    return this.#nodes.map((node) => this.#nameOf(node))
  }

  get #nodes(): readonly LogicalUrl[] {
    const { client } = this.#options
    return [...new Set([...this.#contacts.map(({ href }) => client.nodeNamed(href)), ...this.#others])]
  }

  /** Does what a line of input asks for; false when that is to end. */
  async take(line: string): Promise<boolean> {
    const command = parseChatLine(line)
    if (command.kind === 'quit') return false
    await this.#try(() => this.#do(command))
    return true
  }

  async #do(command: ChatLine): Promise<void> {
    const { client } = this.#options
    switch (command.kind) {
      case 'say':
        if (this.#recipient) return await this.#send(this.#recipient, command.text)
        return this.#problem('say to whom with /to NAME, or use /msg NAME TEXT')
      case 'msg':
        return await this.#send(client.nodeNamed(command.name), command.text)
      case 'to':
        this.#recipient = client.nodeNamed(command.name)
        return this.#say(`plain lines go to ${this.recipientName}`)
      case 'add':
        return await this.#add(command.name, command.displayName)
      case 'remove':
        return await this.#remove(client.nodeNamed(command.name))
      case 'state':
        await client.setState(command.state)
        return this.#say(`you are ${command.state}`)
      case 'block':
        await client.block(client.nodeNamed(command.name))
        return this.#say(`${command.name} can neither see nor message you`)
      case 'allow':
        await client.allow(client.nodeNamed(command.name))
        return this.#say(`${command.name} can see and message you`)
      case 'contacts':
        return this.#showContacts()
      case 'help':
        return this.#options.show(helpText())
      case 'mistake':
        return this.#problem(command.reason)
    }
  }

  async #send(to: LogicalUrl, text: string): Promise<void> {
    const failure = failureText(this.#nameOf(to), await this.#options.client.send(to, text))
    if (failure === undefined) this.#say(`-> ${messageText(this.#nameOf(to), text)}`)
    else this.#problem(failure)
  }

  async #add(name: string, displayName: string): Promise<void> {
    const { client } = this.#options
    const node = client.nodeNamed(name)
    await client.watch(node)
    // Another device of ours may have changed the list: it is read again before it is written.
    const { groups, contacts } = await client.readContacts()
    const old = contacts.find(({ href }) => client.nodeNamed(href) === node)
    const added = {
      href: old?.href ?? node,
      displayName: displayName || (old?.displayName ?? ''),
      groups: old?.groups ?? [],
    }
    this.#contacts = old ? contacts.map((contact) => (contact === old ? added : contact)) : [...contacts, added]
    await client.writeContacts({ groups, contacts: this.#contacts })
    this.#say(`${this.#nameOf(node)} is on your list`)
  }

  async #remove(node: LogicalUrl): Promise<void> {
    const { client } = this.#options
    const { groups, contacts } = await client.readContacts()
    this.#contacts = contacts.filter(({ href }) => client.nodeNamed(href) !== node)
    await client.writeContacts({ groups, contacts: this.#contacts })
    await client.unwatch(node)
    this.#say(`${this.#nameOf(node)} is no longer on your list`)
  }

  #hear(event: RvpClientEvent): void {
    if (event.type === 'presence' && event.node === this.#options.client.self) return
    const text = eventText(event, (node) => this.#nameOf(node))
    if (text !== undefined) this.#say(text)
    if (event.type === 'signed-out') this.#options.onSignedOut()
  }

  #showContacts(): void {
    const { client, show } = this.#options
    const displayNames = new Map(this.#contacts.map(({ href, displayName }) => [client.nodeNamed(href), displayName]))
    const shown = this.#nodes.map((node) => {
      const state: PresenceState | undefined = client.stateOf(node)
      return { name: this.#nameOf(node), displayName: displayNames.get(node) ?? '', state }
    })
    show(contactsText(shown))
  }

  /** Shows what servers, networks and names can do wrong; our own mistakes go up. */
  async #try(work: () => Promise<unknown>, about?: string): Promise<void> {
    try {
      await work()
    } catch (error) {
      const text = error instanceof RvpError ? error.publicMessage : problemText(error)
      if (text === undefined) throw error
      this.#problem(about === undefined ? text : `${printableLine(about)}: ${text}`)
    }
  }

  #nameOf(node: LogicalUrl): string {
    return printableLine(this.#options.client.nameOf(node))
  }

  #problem(text: string): void {
    this.#hadProblems = true
    this.#say(`! ${text}`)
  }

  #say(text: string): void {
    const time = new Date(this.#options.clock.now()).toTimeString().slice(0, 5)
    this.#options.show(`${time} ${text}`)
  }
}
