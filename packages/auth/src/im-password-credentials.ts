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
  readonly ntDomain: string | undefined
  readonly verifyTicket?: (domain: string, token: Uint8Array) => Promise<TicketOutcome | undefined>
  readonly #file: CredentialSource & Pick<Directory, 'user'>
  readonly #directory: CredentialSource

  constructor(file: CredentialSource & Pick<Directory, 'user'>, directory: CredentialSource) {
    this.realm = file.realm
    this.ntDomain = directory.ntDomain
    this.#file = file
    this.#directory = directory
    if (directory.verifyTicket) this.verifyTicket = directory.verifyTicket.bind(directory)
  }

  verifyDigest(attempt: DigestAttempt): LogicalUrl | undefined | Promise<LogicalUrl | undefined> {
    return this.#file.verifyDigest(attempt)
  }

  verifyNtlm(attempt: NtlmAttempt): LogicalUrl | undefined | Promise<LogicalUrl | undefined> {
    const isInFile = this.#has(attempt.domain, attempt.username)
    return (isInFile ? this.#file : this.#directory).verifyNtlm(attempt)
  }

  verifyPassword(domain: string, username: string, password: string, address: string): Promise<LogicalUrl | undefined> {
    return this.#directory.verifyPassword(domain, username, password, address)
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
