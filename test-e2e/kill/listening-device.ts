import { eventsOf } from '@parley/client'
import { CallbackListener } from '@parley/client/node'
import type { LogicalUrl, PresenceState } from '@parley/protocol'
import { EventQueue } from '../event-queue.ts'

/** A device at a Call-Back, which lives on while servers die. It refuses messages whose text says so. */
export class ListeningDevice implements AsyncDisposable {
  readonly callBack: string
  /** Texts of the messages that it took, in their order. */
  readonly taken: string[]
  readonly #listener: CallbackListener
  readonly #states: ReadonlyMap<LogicalUrl, PresenceState>
  readonly #heard: EventQueue<LogicalUrl>

  private constructor(
    callBack: string,
    listener: CallbackListener,
    heard: { taken: string[]; states: ReadonlyMap<LogicalUrl, PresenceState>; queue: EventQueue<LogicalUrl> },
  ) {
    this.callBack = callBack
    this.#listener = listener
    this.taken = heard.taken
    this.#states = heard.states
    this.#heard = heard.queue
  }

  static async open(): Promise<ListeningDevice> {
    const taken: string[] = []
    const states = new Map<LogicalUrl, PresenceState>()
    const queue = new EventQueue<LogicalUrl>()
    const listener = new CallbackListener({ address: '127.0.0.1' })
    const [[, callBack] = ['', '']] = await listener.start({
      notify: (body) => {
        for (const event of eventsOf(body) ?? []) {
          if (event.type === 'presence') {
            states.set(event.node, event.state)
            queue.push(event.node)
          }
          if (event.type === 'message') {
            if (event.text.startsWith('refuse')) return false
            taken.push(event.text)
          }
        }
        return true
      },
      connection: () => undefined,
      lost: () => undefined,
    })
    return new ListeningDevice(callBack, listener, { taken, states, queue })
  }

  /** Waits until the last state heard of a node is this one. */
  async converges(node: LogicalUrl, state: PresenceState): Promise<void> {
    while (this.#states.get(node) !== state) await this.#heard.next(`${node} becoming ${state}`, (one) => one === node)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#listener.close()
  }
}
