/** Randomness, as a port. */
export interface Ids {
  /** A number from 1 to 2^31-1, the only ids that every real client reads (client-facts §5, 20). */
  number(): number
  /** An unguessable text of at least 128 bits, safe in URLs and headers. */
  token(): string
}

const idRange = 0x7fff_ffff

/** Ids from the platform's cryptographic generator. */
export const systemIds: Ids = {
  number() {
    const [random = 0] = crypto.getRandomValues(new Uint32Array(1))
    return (random % idRange) + 1
  },
  token() {
    return crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: 'base64url', omitPadding: true })
  },
}
