import { type Clock, NotAskedError } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { HelperProcess } from './helper-process.ts'
import type { HelperProtocol } from './helper-protocol.ts'

/** What helpers report, in sentences for an administrator. */
export interface WinbindEvents {
  /** One has given a verdict. */
  answered(): void
  problem(detail: string): void
}

export interface HelperPoolOptions {
  /** The program and its options; that of the protocol is added. */
  readonly command: readonly [string, ...string[]]
  /** Helpers that work at one time. */
  readonly processes: number
  readonly clock: Clock
  readonly events: WinbindEvents
  /** How long an answer may take, and how long a question may wait for a helper. */
  readonly timeoutMs?: number
  /** Questions that may wait at one time. */
  readonly mostWaiting?: number
}

/** How long nobody starts another helper after one that has answered nothing. */
const restMs = 1_000

/**
 * Helpers, started when they are needed and again when they have ended. Errors are UnavailableError: of the kind NotAskedError when no helper
 * has seen the question.
 */
export class HelperPool<Reply> implements AsyncDisposable {
  readonly #protocol: HelperProtocol<Reply>
  readonly #options: HelperPoolOptions
  readonly #timeoutMs: number
  readonly #idle: HelperProcess<Reply>[] = []
  readonly #running = new Set<HelperProcess<Reply>>()
  readonly #waiting: (() => void)[] = []
  /** Helpers that are at a question, or about to be. */
  #busy = 0
  #resting: { readonly untilMs: number; readonly why: string } | undefined
  #isClosed = false

  constructor(protocol: HelperProtocol<Reply>, options: HelperPoolOptions) {
    this.#protocol = protocol
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? 15_000
  }

  async ask(question: string): Promise<Reply> {
    await this.#turn()
    try {
      return await this.#ask(question)
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#busy--
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#running].map((helper) => helper[Symbol.asyncDispose]()))
  }

  /** Resolves when a helper is free for the caller. */
  async #turn(): Promise<void> {
    const { processes, mostWaiting = 256, clock } = this.#options
    if (this.#busy < processes) {
      this.#busy++
      return
    }
    if (this.#waiting.length >= mostWaiting) throw notAsked('too many wait for it already')
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push(resolve)
    const cancel = clock.after(this.#timeoutMs, () => {
      const at = this.#waiting.indexOf(resolve)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      reject(notAsked('all its processes are at work'))
    })
    await promise.finally(cancel)
  }

  async #ask(question: string): Promise<Reply> {
    const { clock, events } = this.#options
    const helper = this.#helper()
    const cancel = clock.after(this.#timeoutMs, () => helper.kill(`has not answered for ${this.#timeoutMs / 1000} s`))
    try {
      const reply = await helper.ask(question)
      this.#resting = undefined
      if (this.#protocol.isSpent?.(reply)) this.#end(helper, 'is of no more use')
      else this.#idle.push(helper)
      return reply
    } catch {
      const why = this.#end(helper, 'is not understood')
      events.problem(why)
      throw new UnavailableError('the Windows domain cannot be asked now', { detail: why })
    } finally {
      cancel()
    }
  }

  /** Lets it and all others rest; returns why, in words for the log. */
  #end(helper: HelperProcess<Reply>, reason: string): string {
    helper.kill(reason)
    this.#running.delete(helper)
    const why = `${this.#options.command[0]} ${helper.obituary}`
    this.#resting = { untilMs: this.#options.clock.elapsed() + restMs, why }
    return why
  }

  #helper(): HelperProcess<Reply> {
    if (this.#isClosed) throw notAsked('it is not needed any more')
    for (let helper = this.#idle.pop(); helper; helper = this.#idle.pop()) {
      if (helper.isAlive) return helper
      this.#running.delete(helper)
    }
    if (this.#resting && this.#resting.untilMs > this.#options.clock.elapsed()) throw notAsked(this.#resting.why)
    const helper = HelperProcess.start(this.#options.command, this.#protocol)
    this.#running.add(helper)
    return helper
  }
}

function notAsked(why: string): NotAskedError {
  return new NotAskedError('the Windows domain cannot be asked now', { detail: `ntlm_auth: ${why}` })
}
