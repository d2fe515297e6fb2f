import type { CheckedTicket, TicketChecker } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { gssSpnego, type TicketVerdict, ticketQuestion } from './gss-spnego.ts'
import { HelperPool, type HelperPoolOptions } from './helper-pool.ts'

/**
 * Checks tickets by the service's keys. Where these are, smb.conf says, or options of the command: `kerberos method = dedicated keytab` and
 * `dedicated keytab file`.
 */
export class WinbindTickets implements TicketChecker, AsyncDisposable {
  readonly #pool: HelperPool<TicketVerdict>
  readonly #options: HelperPoolOptions

  /** No helper is started until one is needed. */
  constructor(options: HelperPoolOptions) {
    this.#pool = new HelperPool(gssSpnego, options)
    this.#options = options
  }

  async checkTicket(token: Uint8Array): Promise<CheckedTicket | undefined> {
    const verdict = await this.#pool.ask(ticketQuestion(token))
    const { events } = this.#options
    if (verdict.kind !== 'broken') events.answered()
    if (verdict.kind === 'right') return { username: verdict.username, reply: verdict.reply }
    if (verdict.kind === 'refused') return undefined
    const detail = `ntlm_auth cannot check tickets: ${verdict.reason}`
    events.problem(detail)
    throw new UnavailableError('tickets cannot be checked now', { detail })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool[Symbol.asyncDispose]()
  }
}
