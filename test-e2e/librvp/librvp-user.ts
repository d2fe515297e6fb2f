import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import { Bitlbee } from './bitlbee.ts'
import { type IrcLine, parseIrcLine } from './irc-line.ts'
import { type ChosenState, controlChannel, Perceptions, type ReadMessage, type ShownState } from './perceptions.ts'
import type { TracedAnswer } from './trace-line.ts'

/** How a person's account is set up in librvp. */
export interface LibrvpAccount {
  readonly name: string
  readonly password: string
  /** The server as this person spells it; librvp asks it for every contact of that spelling. */
  readonly host?: string
  /** NT domain. NOTE: without one, librvp crashes as soon as the server offers NTLM (client-facts §1.10). */
  readonly ntDomain?: string
}

/** A conversation of more than two, by the name that the client gives it. */
export type ConversationName = `#${string}`

/** A person at librvp, the RVP plug-in of Pidgin: types, reads, watches the contact list. */
export class LibrvpUser implements AsyncDisposable {
  readonly account: LibrvpAccount
  readonly #bitlbee: Bitlbee
  readonly #socket: Socket
  readonly #noticed: Perceptions

  private constructor(account: LibrvpAccount, bitlbee: Bitlbee, socket: Socket, noticed: Perceptions) {
    this.account = account
    this.#bitlbee = bitlbee
    this.#socket = socket
    this.#noticed = noticed
    const lines = createInterface({ input: socket })
    lines.on('line', (text) => {
      const line = parseIrcLine(text)
      // BitlBee says so when librvp has crashed; nothing that follows could be trusted.
      if (line.command === 'ERROR') this.#fail(line.parameters.join(' '))
      else noticed.hear(line)
    })
    for (const source of [socket, lines]) source.on('error', (error: Error) => this.#fail(error.message))
    socket.on('close', () => this.#fail('the IRC connection is closed'))
  }

  /** Somebody sits down at a client with an account set up, not yet signed in. The server listens on `serverPort`. */
  static async open(serverPort: number, account: LibrvpAccount): Promise<LibrvpUser> {
    const noticed = new Perceptions()
    await using opening = new AsyncDisposableStack()
    const bitlbee = opening.use(await Bitlbee.start(serverPort, (line) => noticed.trace(line)))
    const socket = connect(bitlbee.port, '127.0.0.1')
    await once(socket, 'connect')
    const user = new LibrvpUser(account, bitlbee, socket, noticed)
    await user.#setUp()
    opening.move()
    return user
  }

  /** Resolves once librvp has finished its login sequence; rejects with the reason that it shows (client-facts §1.3). */
  async signOn(): Promise<void> {
    this.#noticed.answers.takeAll()
    const outcome = await this.#command('account rvp on', /Logging in: Logged in|Login error|Signing off/)
    if (!outcome.endsWith('Logged in')) throw new Error(outcome)
    await this.#answer('PROPPATCH', this.account.name)
    await this.#answer('ACL', this.account.name)
  }

  /** Returns once librvp has begun to sign off; what others see of it comes after. */
  async signOff(): Promise<void> {
    await this.#command('account rvp off', 'Signing off')
  }

  /** Adds a contact to the list, and so watches it; resolves to the status of the answer to its SUBSCRIBE. */
  async addContact(contact: string): Promise<number> {
    await this.#command(`add rvp ${this.#address(contact)}`, 'to contact list')
    return this.#answer('SUBSCRIBE', contact)
  }

  /** Waits for the answer to the ACL that librvp writes by itself for a contact that is new to it (client-facts §1.5). */
  async writesAcl(): Promise<number> {
    return this.#answer('ACL', this.account.name)
  }

  /** Resolves to the status of the answer to its UNSUBSCRIBE. */
  async removeContact(contact: string): Promise<number> {
    await this.#command(`remove ${contact}`, 'removed from contact list')
    return this.#answer('UNSUBSCRIBE', contact)
  }

  /** Resolves to the status of the answer to its ACL. */
  async block(contact: string): Promise<number> {
    await this.#command(`block rvp ${this.#address(contact)}`, 'to block-list')
    return this.writesAcl()
  }

  /** Undoes `block`, in the same way. */
  async unblock(contact: string): Promise<number> {
    await this.#command(`allow rvp ${this.#address(contact)}`, 'to allow-list')
    return this.writesAcl()
  }

  /** Resolves to the status of the answer to its PROPPATCH. */
  async setState(state: ChosenState | 'Online'): Promise<number> {
    if (state === 'Online') await this.#command('account rvp set -del away', 'Setting changed')
    else await this.#command(`account rvp set away "${state}"`, `away = \`${state}'`)
    return this.#answer('PROPPATCH', this.account.name)
  }

  /** Waits until the contact list changes to show this, and so leaves what it showed before behind. */
  async seesBecome(contact: string, state: ShownState): Promise<void> {
    const what = `${contact} becoming ${state} for ${this.account.name}`
    let shown: ShownState
    do shown = (await this.#noticed.states.next(what, (change) => change.contact === contact)).state
    while (shown !== state)
  }

  /** What the contact list shows now; undefined when the contact is not in it. */
  async contactState(contact: string): Promise<ShownState | undefined> {
    this.#noticed.replies.takeAll()
    await this.#command('blist all', /^\d+ buddies/)
    const rows = this.#noticed.replies.takeAll().map((row) => /^(\S+) +\S+ rvp +(.+)$/.exec(row))
    return rows.find((row) => row?.[1] === contact)?.[2] as ShownState | undefined
  }

  /** Every presence of the contact that the server has told since the last call, changed or not, in order. */
  async takePresence(contact: string): Promise<string[]> {
    // NOTE: the trace comes over a pipe of its own; what it told before the last IRC line is read within this turn.
    await setImmediate()
    const told = this.#noticed.presence.takeAll()
    return told.filter((presence) => presence.contact === contact).map((presence) => presence.state)
  }

  /** Resolves to the status of the answer to the message. */
  async send(contact: string, text: string): Promise<number> {
    this.#write(`PRIVMSG ${contact} :${text}`)
    return this.#answer('NOTIFY', contact)
  }

  /** Resolves to the status of the answer to the typing notice. */
  async typing(contact: string): Promise<number> {
    this.#write(`PRIVMSG ${contact} :\x01TYPING 1\x01`)
    return this.#answer('NOTIFY', contact)
  }

  /** The next message that the person reads, from whomever it is. */
  async nextMessage(): Promise<ReadMessage> {
    return this.#noticed.messages.next(`message to ${this.account.name}`)
  }

  /** Every message that has arrived and that nobody read. */
  takeMessages(): ReadMessage[] {
    return this.#noticed.messages.takeAll()
  }

  /** Waits for a sign that the contact is typing. */
  async seesTyping(contact: string): Promise<void> {
    await this.#noticed.typing.next(`typing of ${contact}`, (from) => from === contact)
  }

  /** Waits until the client opens a window for a conversation of several, because somebody began one. */
  async joinsConversation(): Promise<ConversationName> {
    const { name } = this.account
    const isIt = ({ command, from, parameters: [channel] }: IrcLine) =>
      command === 'JOIN' && from === name && channel?.startsWith('#') === true
    const line = await this.#noticed.channel.next(`conversation for ${name}`, isIt)
    return line.parameters[0] as ConversationName
  }

  /** Says something to everybody in a conversation. */
  say(conversation: ConversationName, text: string): void {
    this.#write(`PRIVMSG ${conversation} :${text}`)
  }

  /** The next thing that somebody else says in a conversation. */
  async nextSaid(conversation: ConversationName): Promise<ReadMessage> {
    const { name } = this.account
    const isIt = (message: { conversation: string }) => message.conversation === conversation
    const { from, text } = await this.#noticed.said.next(`word in the conversation to ${name}`, isIt)
    return { from, text }
  }

  /** Waits until the window of a conversation shows that somebody left. */
  async seesLeave(contact: string, conversation: ConversationName): Promise<void> {
    const isIt = ({ command, from, parameters: [channel] }: IrcLine) =>
      command === 'PART' && from === contact && channel === conversation
    await this.#noticed.channel.next(`${contact} leaving for ${this.account.name}`, isIt)
  }

  /** The end of librvp's trace, for the report of a failed test. */
  traceTail(): string {
    return `${this.account.name} at librvp:\n${this.#bitlbee.traceTail()}`
  }

  /** Takes the client away without signing off: librvp was seen to spin for ever when it had to sign off while BitlBee closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy()
    await this.#bitlbee[Symbol.asyncDispose]()
  }

  async #setUp(): Promise<void> {
    const { name, password, host = '127.0.0.1', ntDomain } = this.account
    // NOTE: with away-notify BitlBee tells every change of a contact's state, not only those between here and away.
    this.#write('CAP REQ :away-notify', `NICK ${name}`, `USER ${name} 0 * :${name}`, 'CAP END')
    await this.#noticed.channel.next('welcome', (line) => line.command === 'JOIN')
    await this.#command('set typing_notice true', 'typing_notice =')
    await this.#command('set auto_reconnect false', 'auto_reconnect =')
    // NOTE: the directory's display names would make other nicks of the contacts.
    await this.#command('set nick_format %-@handle', 'nick_format =')
    await this.#command(`account add rvp ${name}@${host} ${password}`, 'Account successfully added')
    await this.#command('account rvp set myhost 127.0.0.1', 'myhost =')
    if (ntDomain !== undefined) await this.#command(`account rvp set domain ${ntDomain}`, 'domain =')
  }

  #address(contact: string): string {
    return contact.includes('@') ? contact : `${contact}@${this.account.host ?? '127.0.0.1'}`
  }

  /** Types a command into BitlBee's control channel; resolves to the answer that contains `answer`. */
  async #command(command: string, answer: string | RegExp): Promise<string> {
    this.#write(`PRIVMSG ${controlChannel} :${command}`)
    const isAnswer = (text: string) => (typeof answer === 'string' ? text.includes(answer) : answer.test(text))
    return this.#noticed.replies.next(`answer to "${command.split(' ', 3).join(' ')}"`, isAnswer)
  }

  async #answer(method: string, node: string): Promise<number> {
    const isIt = (answer: TracedAnswer) => answer.method === method && answer.node === node
    return (await this.#noticed.answers.next(`answer to ${method} ${node}`, isIt)).status
  }

  #write(...lines: string[]): void {
    this.#socket.write(lines.map((line) => `${line}\r\n`).join(''))
  }

  #fail(reason: string): void {
    this.#noticed.fail(new Error(`${reason}\n${this.traceTail()}`))
  }
}
