import { createHmac } from 'node:crypto'
import { type Clock, equalInConstantTime, type Ids } from '@parley/domain'

/** A nonce that this installation made. */
export interface Nonce {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly issuedAt: number
}

/**
 * The secrets that nonces are known by: the first one makes them, all are accepted. Asked each time, as a cluster's keys change
 * while it runs.
 */
export type NonceKeys = () => readonly [Uint8Array, ...Uint8Array[]]

const timeBytes = 6
const payloadBytes = timeBytes + 4
const nonceBytes = 24

/**
 * Makes Digest nonces that need no memory: time and a serial number under an HMAC-SHA256, as base64 (client-facts §1.10:
 * librvp takes any length; a multiple of three bytes needs no padding). Whoever has the same keys accepts them.
 */
export class Nonces {
  readonly #clock: Clock
  readonly #keys: NonceKeys
  #serial: number

  constructor(clock: Clock, ids: Ids, keys: NonceKeys) {
    this.#clock = clock
    this.#keys = keys
    this.#serial = ids.number()
  }

  /** A nonce that was never issued before. */
  issue(): Nonce {
    const issuedAt = this.#clock.now()
    const payload = Buffer.allocUnsafe(payloadBytes)
    payload.writeUIntBE(issuedAt, 0, timeBytes)
    this.#serial = (this.#serial + 1) >>> 0
    payload.writeUInt32BE(this.#serial, timeBytes)
    return { text: seal(payload, this.#keys()[0]), issuedAt }
  }

  /** Undefined when we did not make it. How old it is, is for the caller to judge. */
  read(text: string): Nonce | undefined {
    if (text.length !== (nonceBytes / 3) * 4) return undefined
    const payload = Buffer.from(text, 'base64').subarray(0, payloadBytes)
    if (payload.length < payloadBytes) return undefined
    for (const key of this.#keys()) {
      const sealed = seal(payload, key)
      // NOTE: `text` is a slice of a header, and would keep all of it in memory.
      if (equalInConstantTime(sealed, text)) return { text: sealed, issuedAt: payload.readUIntBE(0, timeBytes) }
    }
    return undefined
  }
}

function seal(payload: Uint8Array, key: Uint8Array): string {
  const mac = createHmac('sha256', key).update(payload).digest()
  return Buffer.concat([payload, mac], nonceBytes).toString('base64')
}
