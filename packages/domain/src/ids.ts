/** Randomness, as a port. */
export interface Ids {
  /** A number from 1 to 2^31-1, the only ids that every real client reads (client-facts §5, 20). */
  number(): number
  /** An unguessable text of at least 128 bits, safe in URLs and headers. */
  token(): string
}

const idRange = 0x7fff_ffff

class SystemIds implements Ids {
  /** Drawn ahead: to ask the generator for one number takes longer than to store a subscription. */
  readonly #numbers = new Uint32Array(1024)
  #next = this.#numbers.length

  number(): number {
    if (this.#next === this.#numbers.length) {
      crypto.getRandomValues(this.#numbers)
      this.#next = 0
    }
    const random = this.#numbers[this.#next++] ?? 0
    return (random % idRange) + 1
  }

  token(): string {
    return crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: 'base64url', omitPadding: true })
  }
}

/** Ids from the platform's cryptographic generator. */
export const systemIds: Ids = new SystemIds()
