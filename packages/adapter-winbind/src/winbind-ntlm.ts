import { NotAskedError, type NtlmChecker, type NtlmProof } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { HelperPool, type HelperPoolOptions } from './helper-pool.ts'
import { type NtlmVerdict, ntlmQuestion, ntlmServer } from './ntlm-server.ts'

/** Asks a Windows domain about NTLM answers, by winbind. */
export class WinbindNtlm implements NtlmChecker, AsyncDisposable {
  readonly #pool: HelperPool<NtlmVerdict>
  readonly #options: HelperPoolOptions

  /** No helper is started until one is needed. */
  constructor(options: HelperPoolOptions) {
    this.#pool = new HelperPool(ntlmServer, options)
    this.#options = options
  }

  async checkNtlm(proof: NtlmProof): Promise<boolean> {
    const { events } = this.#options
    const { kind, reason } = await this.#pool.ask(ntlmQuestion(proof))
    if (kind === 'right' || kind === 'wrong') {
      events.answered()
      return kind === 'right'
    }
    const detail = `ntlm_auth says: ${reason === '' ? 'no, and not why' : reason}`
    events.problem(detail)
    const ErrorClass = kind === 'unreached' ? NotAskedError : UnavailableError
    throw new ErrorClass('the Windows domain cannot be asked now', { detail })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
  }
}
