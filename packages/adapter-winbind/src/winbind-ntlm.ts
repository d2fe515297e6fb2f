import { NotAskedError, type NtlmChecker, type NtlmProof } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { HelperPool, type HelperPoolOptions } from './helper-pool.ts'
import { type NtlmVerdict, ntlmQuestion, ntlmServer } from './ntlm-server.ts'

/** Samba's sentences for what is wrong with a proof or an account; all others are no verdict (libcli/util/nterr.c). */
const refusals =
  /^(?:When trying to update a password, this return status|The specified account does not exist|The attempted logon is invalid|The referenced account is currently (?:disabled|locked out)|The user account |The account is |The user(?:'s)? password must be changed|The (?:user's|user) account has expired|This user account has expired|Indicates a referenced user name)/

/** Those of them that come before the password is looked at by anybody, and that concern our own machine. */
const setupFaults = /^The user account for this workstation/

/** Nobody has seen the proof. */
const unreached =
  /^(?:Reading winbind reply failed|There are currently no logon servers|.*domain controller for this domain was not found)/

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
    const verdict = await this.#pool.ask(ntlmQuestion(proof))
    const reason = verdict.isRight ? '' : verdict.reason
    if (verdict.isRight || (refusals.test(reason) && !setupFaults.test(reason))) {
      events.answered()
      return verdict.isRight
    }
    const detail = `ntlm_auth says: ${reason === '' ? 'no, and not why' : reason}`
    events.problem(detail)
    const ErrorClass = unreached.test(reason) ? NotAskedError : UnavailableError
    throw new ErrorClass('the Windows domain cannot be asked now', { detail })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
  }
}
