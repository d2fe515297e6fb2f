import { RequestRefusedError, type RvpClientEvent, type SendOutcome, TransportError } from '@parley/client'
import { type LogicalUrl, type PresenceState, RvpError } from '@parley/protocol'
import { chatCommands } from './chat-line.ts'
import { printable, printableLine } from './printable.ts'

/** One contact as `/contacts` shows it. */
export interface ShownContact {
  readonly name: string
  readonly displayName: string
  /** Undefined when we may not see it. */
  readonly state: PresenceState | undefined
}

/** A message, its further lines indented so that none can pass for another message. */
export function messageText(name: string, text: string): string {
  return `<${printableLine(name)}> ${printable(text).replaceAll('\n', '\n      ')}`
}

function presenceText(name: string, state: PresenceState): string {
  return `${printableLine(name)} is ${state}`
}

/** What to show of an event; undefined when a terminal has nothing to say about it. */
export function eventText(event: RvpClientEvent, nameOf: (node: LogicalUrl) => string): string | undefined {
  switch (event.type) {
    case 'presence':
      return presenceText(nameOf(event.node), event.state)
    case 'message':
      return messageText(nameOf(event.from), event.text)
    case 'typing':
      return `${nameOf(event.from)} is typing`
    case 'join':
      return `${nameOf(event.from)} entered the conversation`
    case 'leave':
      return `${nameOf(event.from)} left the conversation`
    case 'invitation':
      return `${nameOf(event.from)} offers something that this program cannot take`
    case 'connection':
      return event.up ? 'connected again' : '! the connection is lost; trying again'
    case 'signed-out':
      return `! signed off by the server: ${problemText(event.error) ?? event.error.message}`
    case 'payload':
    case 'application':
      return undefined
  }
}

/** What to tell the sender of a message; undefined when it arrived. */
export function failureText(name: string, outcome: SendOutcome): string | undefined {
  switch (outcome) {
    case 'delivered':
      return undefined
    case 'not-available':
      return `${printableLine(name)} is not available, the message was not delivered`
    case 'left':
      return `${printableLine(name)} has left the conversation, the message was not delivered`
    case 'forbidden':
      return `${printableLine(name)} does not accept messages from you, the message was not delivered`
    case 'unknown':
      return `there is no ${printableLine(name)}, the message was not delivered`
  }
}

export function contactsText(contacts: readonly ShownContact[]): string {
  if (contacts.length === 0) return 'you have no contacts; /add NAME makes one'
  const width = Math.max(...contacts.map(({ name }) => name.length))
  const lines = contacts.map(({ name, displayName, state }) =>
    `  ${printableLine(name).padEnd(width)}  ${state ?? 'unknown'}  ${printableLine(displayName)}`.trimEnd(),
  )
  return ['contacts:', ...lines].join('\n')
}

export function helpText(): string {
  const entries = Object.entries(chatCommands).map(
    ([name, [usage, meaning]]) => [`/${name} ${usage}`, meaning] as const,
  )
  const width = Math.max(...entries.map(([usage]) => usage.length))
  return [...entries.map(([usage, meaning]) => `  ${usage.padEnd(width)}  ${meaning}`), '  anything else is sent'].join(
    '\n',
  )
}

/** A sentence for an error that a server or network made; undefined for a mistake of ours. */
export function problemText(error: unknown): string | undefined {
  if (error instanceof TransportError) return transportText(error)
  if (error instanceof RvpError) return error.message
  if (!(error instanceof RequestRefusedError)) return undefined
  const request = error.requestId === undefined ? '' : ` (request ${printableLine(error.requestId)})`
  return `${refusals[error.status] ?? `the server answered ${error.status} to ${error.method}`}${request}`
}

const refusals: Readonly<Record<number, string>> = {
  401: 'the server no longer accepts the password',
  403: 'that is not allowed',
  404: 'there is nobody of that name',
  412: 'that cannot be done now',
  429: 'too much at once, try again later',
  503: 'the server is busy or starting, try again later',
}

/** Why there was no answer, and which option may help. */
export function transportText({ failure, message }: TransportError): string {
  return failure === 'certificate' ? `${message}: --ca names the authority that is` : message
}

/** What a user may have to type who is not known; the server tells no stranger what is wrong (promise 7). */
export const schemeHint = 'with a password of a directory, --scheme basic, over https'

/** Why nobody is signed on. */
export function signOnProblemText(error: unknown, server: string, address: string): string | undefined {
  if (error instanceof TransportError) return `${server}: ${transportText(error)}`
  if (!(error instanceof RequestRefusedError)) return problemText(error)
  switch (error.status) {
    case 401:
      return `wrong password, or no such user: ${address} (${schemeHint})`
    case 403:
      return `${address} is not enabled for instant messaging, or may not sign on from here`
    case 404:
      return `the server does not know ${address}`
    case 429:
      return 'too many wrong passwords: wait some minutes, then try again'
    default:
      return problemText(error)
  }
}
