import { EventQueue } from '../event-queue.ts'
import { type IrcLine, parseCtcp } from './irc-line.ts'
import { parseTracedAnswer, parseTracedPresence, type TracedAnswer, type TracedPresence } from './trace-line.ts'

/** The channel in which BitlBee takes commands and shows the contact list. */
export const controlChannel = '&bitlbee'

/** The states by the names that Pidgin and BitlBee show; `Online` and `Offline` cannot be asked for. */
export type ShownState = 'Online' | 'Offline' | ChosenState

/** The states that a person chooses: busy, away, back-soon, on-phone, at-lunch, idle. */
export type ChosenState = 'Busy' | 'Away From Computer' | 'Be Right Back' | 'On The Phone' | 'Out To Lunch' | 'Idle'

/** A message as the person reads it. */
export interface ReadMessage {
  readonly from: string
  readonly text: string
}

/** One change of the contact list. */
export interface ShownChange {
  readonly contact: string
  readonly state: ShownState
}

/** What a person at librvp notices, and what librvp's trace tells of the wire, each in order of arrival. */
export class Perceptions {
  readonly replies = new EventQueue<string>()
  readonly messages = new EventQueue<ReadMessage>()
  readonly said = new EventQueue<ReadMessage & { conversation: string }>()
  readonly typing = new EventQueue<string>()
  readonly states = new EventQueue<ShownChange>()
  readonly channel = new EventQueue<IrcLine>()
  readonly answers = new EventQueue<TracedAnswer>()
  readonly presence = new EventQueue<TracedPresence>()

  trace(line: string): void {
    const [answer, presence] = [parseTracedAnswer(line), parseTracedPresence(line)]
    if (answer) this.answers.push(answer)
    if (presence) this.presence.push(presence)
  }

  hear(line: IrcLine): void {
    const [target, text = ''] = line.parameters
    if (line.command === 'PRIVMSG' && target === controlChannel && line.from === 'root') this.replies.push(text)
    else if (line.command === 'PRIVMSG') this.#hearContact(line.from, target ?? '', text)
    else if (line.command === 'AWAY') this.states.push({ contact: line.from, state: shownState(line.parameters[0]) })
    else this.channel.push(line)
  }

  fail(error: Error): void {
    const { replies, messages, said, typing, states, channel, answers, presence } = this
    for (const queue of [replies, messages, said, typing, states, channel, answers, presence]) queue.fail(error)
  }

  #hearContact(from: string, target: string, text: string): void {
    const control = parseCtcp(text)
    if (control === 'TYPING 1') this.typing.push(from)
    else if (control === undefined && target.startsWith('#')) this.said.push({ conversation: target, from, text })
    else if (control === undefined)
      this.messages.push({ from, text: target === controlChannel ? addressed(text) : text })
  }
}

/** What people outside the contact list write appears in the channel, addressed to the user by nick. */
function addressed(text: string): string {
  return text.replace(/^\S+: /, '')
}

function shownState(awayMessage: string | undefined): ShownState {
  if (awayMessage === undefined) return 'Online'
  return awayMessage === 'User is offline' ? 'Offline' : (awayMessage as ShownState)
}
