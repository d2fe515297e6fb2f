/** Randomness, as a port. */
export interface ClientRandom {
  /** A number from 0 up to, not including, 1: spreads reconnections out. */
  fraction(): number
  /** A new GUID in lower case and without braces: session ids (RVP §5.6.1), cnonces. */
  guid(): string
}

/** Randomness from the platform's cryptographic generator. */
export const platformRandom: ClientRandom = {
  fraction() {
    const [value = 0] = crypto.getRandomValues(new Uint32Array(1))
    return value / 0x1_0000_0000
  },
  guid() {
    // NOTE: not crypto.randomUUID, which browsers keep from pages served over plain http.
    const hex = crypto.getRandomValues(new Uint8Array(16)).toHex()
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
  },
}
