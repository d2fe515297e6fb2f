import { UnavailableError } from '@parley/protocol'
import type { NtlmAttempt } from './credential-source.ts'
import type { SourceId } from './directory-source.ts'

/** The proof cannot be checked now, and whoever counts wrong ones has certainly not seen it. */
export class NotAskedError extends UnavailableError {}

/** Asks a directory whether a password is that of an entry. */
export interface PasswordChecker {
  /** Rejects with UnavailableError, of the kind NotAskedError when the directory has not seen the password. `password` is not empty. */
  checkPassword(id: SourceId, password: string): Promise<boolean>
}

/** An NTLM answer for a Windows domain, which knows the user by the names in it. */
export type NtlmProof = Omit<NtlmAttempt, 'domain' | 'address' | 'allowNtlmv1'>

/** Asks a Windows domain whether an NTLM answer is right. */
export interface NtlmChecker {
  /** Rejects as `checkPassword`. */
  checkNtlm(proof: NtlmProof): Promise<boolean>
}

/** Whom a ticket names, and the token that proves us to the client. */
export interface CheckedTicket {
  /** `NTDOMAIN\account` or `account@REALM`. */
  readonly username: string
  readonly reply: Uint8Array
}

/** Checks Kerberos tickets for this service. */
export interface TicketChecker {
  /** A SPNEGO token, or a bare one of Kerberos; undefined when it is not right. Rejects with UnavailableError. */
  checkTicket(token: Uint8Array): Promise<CheckedTicket | undefined>
}
