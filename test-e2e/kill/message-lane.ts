import { RequestRefusedError } from '@parley/client'
import { textPayload, writeMessage } from '@parley/protocol'
import type { ListeningDevice } from './listening-device.ts'
import type { Lane, ScriptedUser } from './scripted-user.ts'

/** Messages from one user to another's device, and what the sender was told of each. */
export class MessageLane {
  readonly #from: ScriptedUser
  readonly #to: ScriptedUser
  readonly #device: ListeningDevice
  readonly #delivered: string[] = []
  readonly #undelivered: string[] = []
  #count = 0

  constructor(from: ScriptedUser, to: ScriptedUser, device: ListeningDevice) {
    this.#from = from
    this.#to = to
    this.#device = device
  }

  /** How many were acknowledged. */
  get acknowledged(): number {
    return this.#delivered.length
  }

  /** Sends a message, which the device takes or refuses. */
  readonly send: Lane = async (random) => {
    this.#count += 1
    const text = `${random.below(3) === 0 ? 'refuse' : 'take'} ${this.#count}`
    const mime = textPayload({ sessionId: '{0D9A6C32-0000-4000-8000-000000000001}', text })
    const from = { href: this.#from.node, description: '' }
    const body = writeMessage({ from, to: [{ href: this.#to.node, description: '' }], mime })
    try {
      await this.#from.requests.notify(this.#to.node, body, 'DeepOr')
      this.#delivered.push(text)
    } catch (error) {
      if (!(error instanceof RequestRefusedError)) throw error
      if (error.status !== 412) throw error
      this.#undelivered.push(text)
    }
  }

  /** Throws unless what senders were told is what happened: at most once, in order, 200 for what was taken, 412 for what was not. */
  check(): void {
    const { taken } = this.#device
    const numbers = taken.map((text) => Number(text.split(' ')[1]))
    if (numbers.some((number, index) => index > 0 && number <= (numbers[index - 1] ?? 0))) {
      throw new Error(`messages arrived twice or out of order: ${taken.slice(-20).join(', ')}`)
    }
    const arrived = new Set(taken)
    const lost = this.#delivered.filter((text) => !arrived.has(text))
    const undead = this.#undelivered.filter((text) => arrived.has(text))
    if (lost.length + undead.length > 0) throw new Error(`told 200 but lost: ${lost}; told 412 but taken: ${undead}`)
  }
}
