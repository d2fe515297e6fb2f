import { isExpectedError, platformRandom, RvpClient } from '@parley/client'
import { DigestAuthentication, UndiciTransport } from '@parley/client/node'
import type { PresenceState } from '@parley/protocol'
import { wait } from './pacing.ts'
import { domain, nameOf } from './settings.ts'

const states: readonly PresenceState[] = ['busy', 'away', 'online']
const betweenMessagesSeconds = 0.1
const betweenChangesSeconds = 0.25
/** How a client tries again: after this, and for so long. */
const betweenTriesSeconds = 0.25
const patienceMs = 10_000

/** A user who sends messages and changes the state all the time, and another one who takes them and watches; both at our own client. */
export class SteadyPair {
  /** What was asked for, what was refused or not answered at first, and what no retry cured. */
  requests = 0
  retried = 0
  failed = 0
  /** Longest times between two deliveries of the same kind, in ms. */
  readonly gaps = { message: 0, presence: 0 }
  readonly #sender: RvpClient
  readonly #receiver: RvpClient
  readonly #lastAt = { message: 0, presence: 0 }
  #isStopped = false

  private constructor(sender: RvpClient, receiver: RvpClient) {
    this.#sender = sender
    this.#receiver = receiver
    receiver.on(({ type, ...event }) => {
      if (type === 'message' || (type === 'presence' && 'node' in event && event.node === sender.self))
        this.#heard(type)
    })
  }

  /** Signs users number `index` and the next one in at `server`. */
  static async signOn(server: string, index: number): Promise<SteadyPair> {
    const pair = new SteadyPair(await signOn(server, index), await signOn(server, index + 1))
    await pair.#receiver.watch(pair.#sender.self)
    return pair
  }

  /** Resolves after `stop`, when all has been answered. */
  async run(): Promise<void> {
    const now = performance.now()
    Object.assign(this.#lastAt, { message: now, presence: now })
    await Promise.all([this.#sendMessages(), this.#changeStates()])
  }

  stop(): void {
    this.#isStopped = true
  }

  async close(): Promise<void> {
    await Promise.all([this.#sender.close(), this.#receiver.close()])
  }

  async #sendMessages(): Promise<void> {
    for (let number = 0; !this.#isStopped; number += 1) {
      await this.#persist(
        async () => (await this.#sender.send(this.#receiver.self, `message ${number}`)) === 'delivered',
      )
      await wait(betweenMessagesSeconds)
    }
  }

  async #changeStates(): Promise<void> {
    for (let turn = 0; !this.#isStopped; turn += 1) {
      const state = states[turn % states.length] ?? 'online'
      await this.#persist(async () => {
        await this.#sender.setState(state)
        return true
      })
      await wait(betweenChangesSeconds)
    }
  }

  /** Tries until it succeeds, as a client does, or for as long as a person waits. */
  async #persist(request: () => Promise<boolean>): Promise<void> {
    this.requests += 1
    const giveUpAt = performance.now() + patienceMs
    for (let tries = 0; ; tries += 1) {
      if (tries === 1) this.retried += 1
      try {
        if (await request()) return
      } catch (error) {
        if (!isExpectedError(error)) throw error
      }
      if (performance.now() > giveUpAt) break
      await wait(betweenTriesSeconds)
    }
    this.failed += 1
  }

  #heard(type: 'message' | 'presence'): void {
    const now = performance.now()
    if (this.#isStopped || this.#lastAt[type] === 0) return
    this.gaps[type] = Math.max(this.gaps[type], now - this.#lastAt[type])
    this.#lastAt[type] = now
  }
}

async function signOn(server: string, index: number): Promise<RvpClient> {
  const alias = nameOf(index)
  const authentication = new DigestAuthentication({ user: alias, password: `secret of ${index}` }, platformRandom)
  const transport = new UndiciTransport({ server, authentication })
  return await RvpClient.signOn({ transport, domain, alias, inbox: 'stream' })
}
