import type { Clock } from '@parley/domain'
import type { Nonce } from './nonces.ts'

/** How long a nonce can be used, and then some client must ask again (`stale=true`). */
export const nonceLifetimeMs = 120_000

/** By how much the clock of another edge, which made the nonce, may be ahead of ours. */
const maxAheadMs = 1_000
const maxNoncesPerGeneration = 100_000
const maxResponsesPerNonce = 16
const windowBits = 32
// NOTE: short enough that V8 copies it instead of keeping the whole header; two alike cost one of them a new challenge.
const keptDigits = 12

/** What was answered under one nonce. */
interface Use {
  /** The highest nonce count. */
  highest: number
  /** Bit n stands for the count `highest - n`. */
  window: number
  /** Every response with the count 1, as long as that is the highest: some clients never count (client-facts §5, 36). */
  responses: string[]
}

/**
 * Remembers which nonces were used and how, so that no answer counts twice, in bounded memory: two generations, of which the
 * older is dropped when the younger is full or a lifetime old; what a dropped generation could hold is refused as too old.
 */
export class NonceUses {
  readonly #clock: Clock
  readonly #maxNonces: number
  #young = new Map<string, Use>()
  #old = new Map<string, Use>()
  #youngSince: number
  /** When the newest nonce of the young generation was issued. */
  #newest = 0
  #oldUntil = 0
  /** Nonces issued up to here may have been forgotten. */
  #forgottenUntil = 0

  constructor(clock: Clock, maxNonces = maxNoncesPerGeneration) {
    this.#clock = clock
    this.#maxNonces = maxNonces
    this.#youngSince = clock.now()
  }

  /** Whether the nonce may still be used. */
  isFresh({ issuedAt }: Nonce): boolean {
    const age = this.#clock.now() - issuedAt
    return age >= -maxAheadMs && age < nonceLifetimeMs && issuedAt > this.#forgottenUntil
  }

  /** Records a response that was found right; false when it, or its count, was there before, or the nonce is not fresh. */
  admit(nonce: Nonce, count: number, fullResponse: string): boolean {
    this.#turn()
    if (!this.isFresh(nonce)) return false
    const response = fullResponse.slice(0, keptDigits)
    const use = this.#young.get(nonce.text) ?? this.#old.get(nonce.text)
    if (use) return admitAgain(use, count, response)
    this.#newest = Math.max(this.#newest, nonce.issuedAt)
    this.#young.set(nonce.text, { highest: count, window: 1, responses: count === 1 ? [response] : [] })
    return true
  }

  #turn(): void {
    const now = this.#clock.now()
    if (now < this.#youngSince) this.#clockWentBack(now)
    if (now - this.#youngSince < nonceLifetimeMs && this.#young.size < this.#maxNonces) return
    this.#forgottenUntil = Math.max(this.#forgottenUntil, this.#oldUntil)
    this.#old = this.#young
    this.#oldUntil = Math.max(now, this.#newest)
    this.#newest = 0
    this.#young = new Map()
    this.#youngSince = now
  }

  /** Nonces from before the jump lie in the future and are refused, if it was no short one; those from now on must not be. */
  #clockWentBack(now: number): void {
    this.#youngSince = now
    this.#newest = Math.min(this.#newest, now - 1)
    this.#oldUntil = Math.min(this.#oldUntil, now - 1)
    this.#forgottenUntil = Math.min(this.#forgottenUntil, now - 1)
  }
}

function admitAgain(use: Use, count: number, response: string): boolean {
  if (count === 1 && use.highest === 1) {
    if (use.responses.includes(response) || use.responses.length === maxResponsesPerNonce) return false
    use.responses.push(response)
    return true
  }
  const ahead = count - use.highest
  if (ahead > 0) {
    use.window = ahead < windowBits ? ((use.window << ahead) | 1) >>> 0 : 1
    use.highest = count
    use.responses = []
    return true
  }
  // NOTE: connections that share a nonce overtake each other, so lower counts are taken once each, within a window.
  const bit = -ahead < windowBits ? (1 << -ahead) >>> 0 : 0
  if (bit === 0 || (use.window & bit) !== 0) return false
  use.window = (use.window | bit) >>> 0
  return true
}
