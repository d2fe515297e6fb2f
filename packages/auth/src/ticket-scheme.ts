import { hash } from 'node:crypto'
import type { Clock, CredentialSource, TicketOutcome } from '@parley/domain'

/** Kerberos takes an authenticator for five minutes before and after its time (RFC 4120 §5.5.1, clockskew by custom). */
const rememberedMs = 10 * 60_000
const maxRemembered = 100_000

/**
 * Tickets of Kerberos (RFC 4559). Each use of one is taken once: on plain HTTP it could be overheard, and Samba's helper does not remember
 * them. What this edge took, no other knows of.
 */
export class TicketScheme {
  readonly #verify: NonNullable<CredentialSource['verifyTicket']>
  readonly #clock: Clock
  /** Of uses, those of the last period and of the one before. */
  #young = new Set<string>()
  #old = new Set<string>()
  #turnAt = 0

  constructor(verify: NonNullable<CredentialSource['verifyTicket']>, clock: Clock) {
    this.#verify = verify
    this.#clock = clock
  }

  /** Undefined when the ticket is not right, or was used so before. */
  async check(
    domain: string,
    { token, authenticator }: { readonly token: Uint8Array; readonly authenticator: Uint8Array },
  ): Promise<TicketOutcome | undefined> {
    const ticket = await this.#verify(domain, token)
    return ticket && this.#admit(hash('sha256', authenticator, 'base64')) ? ticket : undefined
  }

  #admit(use: string): boolean {
    const now = this.#clock.elapsed()
    if (now >= this.#turnAt || this.#young.size >= maxRemembered) {
      // Two periods without a ticket: what is young is old enough to be forgotten.
      this.#old = now >= this.#turnAt + rememberedMs ? new Set() : this.#young
      this.#young = new Set()
      this.#turnAt = now + rememberedMs
    }
    if (this.#young.has(use) || this.#old.has(use)) return false
    this.#young.add(use)
    return true
  }
}
