import type {
  CredentialSource,
  Locations,
  NtlmAttempt,
  NtlmChecker,
  PasswordChecker,
  TicketChecker,
  TicketOutcome,
} from '@parley/domain'
import { header, type LogicalUrl, UnavailableError } from '@parley/protocol'
import { CountedChecks, type CountedChecksOptions } from './counted-checks.ts'
import { type DirectoryAccount, DirectoryNames } from './directory-names.ts'
import { domainProof } from './domain-proof.ts'

/** What the directory's users sign in by; what cannot be checked is absent. */
export interface DirectoryCredentialsOptions extends CountedChecksOptions {
  readonly map: Pick<Locations, 'named' | 'entry'>
  /** What Basic challenges show. */
  readonly realm: string
  /** The Windows domain of the accounts; asked each time, as it may not be known from the start. */
  readonly ntDomain?: () => string | undefined
  readonly passwords?: PasswordChecker | undefined
  readonly ntlm?: NtlmChecker | undefined
  readonly tickets?: TicketChecker | undefined
}

const retryAfterSeconds = 15

/**
 * Users of a directory, who prove themselves by what the directory knows: a password, an NTLM answer, or a ticket. All spellings of an
 * account share one budget of tries. No passwords are stored, so nothing verifies Digest.
 */
export class DirectoryCredentials implements CredentialSource {
  readonly realm: string
  readonly verifyTicket?: (domain: string, token: Uint8Array) => Promise<TicketOutcome | undefined>
  readonly #ntDomain: (() => string | undefined) | undefined
  readonly #passwords: PasswordChecker | undefined
  readonly #ntlm: NtlmChecker | undefined
  readonly #names: DirectoryNames
  readonly #checks: CountedChecks

  constructor({ map, realm, ntDomain, passwords, ntlm, tickets, ...counting }: DirectoryCredentialsOptions) {
    this.realm = realm
    this.#ntDomain = ntDomain
    this.#passwords = passwords
    this.#ntlm = ntlm
    this.#names = new DirectoryNames(map, ntDomain)
    this.#checks = new CountedChecks(counting)
    if (tickets) this.verifyTicket = (domain, token) => comingBack(() => this.#ticket(tickets, domain, token))
  }

  get ntDomain(): string | undefined {
    return this.#ntDomain?.()
  }

  verifyDigest(): undefined {
    return undefined
  }

  async verifyNtlm(attempt: NtlmAttempt): Promise<LogicalUrl | undefined> {
    const [checker, proof] = [this.#ntlm, domainProof(attempt)]
    if (!checker || !proof) return undefined
    const { domain, ntDomain, username, address } = attempt
    return await comingBack(async () => {
      const account = await this.#names.windows(domain, ntDomain, username)
      return await this.#check(account, `${ntDomain}\\${username}`, address, () => checker.checkNtlm(proof))
    })
  }

  async verifyPassword(
    domain: string,
    username: string,
    password: string,
    address: string,
  ): Promise<LogicalUrl | undefined> {
    const checker = this.#passwords
    if (!checker) return undefined
    return await comingBack(async () => {
      const account = await this.#names.typed(domain, username)
      // NOTE: to a directory an empty password is no password, and right whoever asks (RFC 4513 §5.1.2).
      const asked = password === '' ? undefined : account
      return await this.#check(asked, username, address, ({ id }) => checker.checkPassword(id, password))
    })
  }

  async #check(
    account: DirectoryAccount | undefined,
    typed: string,
    address: string,
    check: (account: DirectoryAccount) => Promise<boolean>,
  ): Promise<LogicalUrl | undefined> {
    if (!account) {
      await this.#checks.pretend(typed.toLowerCase(), address)
      return undefined
    }
    return (await this.#checks.run(account.id, address, () => check(account))) ? account.node : undefined
  }

  async #ticket(tickets: TicketChecker, domain: string, token: Uint8Array): Promise<TicketOutcome | undefined> {
    const ticket = await tickets.checkTicket(token)
    const [, ntDomain, account] = ticket?.username.match(/^([^\\@]+)\\([^\\@]+)$/) ?? []
    const [, name, realm] = ticket?.username.match(/^([^\\@]+)@([^\\@]+)$/) ?? []
    const found = ticket && (await this.#names.windows(domain, ntDomain ?? realm ?? '?', account ?? name ?? '?'))
    return found && { node: found.node, username: ticket.username, reply: ticket.reply }
  }
}

/** NOTE: 503 and when to come back, rather than 401: a client must not forget its password because the directory is away. */
async function comingBack<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (!(cause instanceof UnavailableError)) throw cause
    const headers = [[header.retryAfter, `${retryAfterSeconds}`]] as const
    throw new UnavailableError('passwords cannot be checked now', { cause, detail: cause.message, headers })
  }
}
