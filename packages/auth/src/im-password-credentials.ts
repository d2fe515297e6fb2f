import {
  accountNameOf,
  type CredentialSource,
  type DigestAttempt,
  type Directory,
  type NtlmAttempt,
  type TicketOutcome,
} from '@parley/domain'
import { type LogicalUrl, RvpError, userUrl } from '@parley/protocol'

/**
 * Users of a directory of whom some have an IM password of their own in a users file (ADR 10): that is what their Digest and NTLM answers
 * prove. All else is the directory's.
 */
export class ImPasswordCredentials implements CredentialSource {
  readonly realm: string
  readonly verifyTicket?: (domain: string, token: Uint8Array) => Promise<TicketOutcome | undefined>
  readonly #file: CredentialSource & Pick<Directory, 'user'>
  readonly #directory: CredentialSource
  readonly #passwords: CredentialSource

  /** `passwords`: who verifies those of Basic. */
  constructor(
    file: CredentialSource & Pick<Directory, 'user'>,
    directory: CredentialSource,
    passwords: CredentialSource = directory,
  ) {
    this.realm = file.realm
    this.#file = file
    this.#directory = directory
    this.#passwords = passwords
    if (directory.verifyTicket) this.verifyTicket = directory.verifyTicket.bind(directory)
  }

  get ntDomain(): string | undefined {
    return this.#directory.ntDomain
  }

  verifyDigest(attempt: DigestAttempt): LogicalUrl | undefined | Promise<LogicalUrl | undefined> {
    return this.#file.verifyDigest(attempt)
  }

  verifyNtlm(attempt: NtlmAttempt): LogicalUrl | undefined | Promise<LogicalUrl | undefined> {
    const isInFile = this.#has(attempt.domain, attempt.username)
    return (isInFile ? this.#file : this.#directory).verifyNtlm(attempt)
  }

  verifyPassword(domain: string, username: string, password: string, address: string): Promise<LogicalUrl | undefined> {
    return this.#passwords.verifyPassword(domain, username, password, address)
  }

  #has(domain: string, username: string): boolean {
    try {
      return this.#file.user(userUrl(domain, accountNameOf(username))) !== undefined
    } catch (error) {
      if (error instanceof RvpError) return false
      throw error
    }
  }
}
