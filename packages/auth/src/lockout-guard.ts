import type { Clock } from '@parley/domain'

/** Who says to be whom: the account may exist or not. */
export interface Claimant {
  /** The IM domain. */
  readonly domain: string
  /** As `accountNameOf` has it. */
  readonly account: string
  readonly address: string
}

/** When and for how long the guard makes a guesser wait (docs/adr/0003-lockout.md). */
export interface LockoutLimits {
  /** Failures of one account from one address, from which on each starts a wait. */
  readonly pairFailures: number
  /** The same for one address, whatever the accounts; of one account, those beyond `pairFailures` count a sixteenth. */
  readonly addressFailures: number
  /** Failures of one account from everywhere, from which on any address has one failure instead of `pairFailures`. */
  readonly accountFailures: number
  /** The first wait; each further failure doubles it. */
  readonly firstWaitMs: number
  readonly longestWaitMs: number
  /** In this time one failure is forgiven. */
  readonly forgiveMs: number
  /** Tallies kept of each kind; then the one that was quiet for longest is forgotten. */
  readonly maxTallies: number
}

export const defaultLockoutLimits: LockoutLimits = {
  pairFailures: 5,
  addressFailures: 40,
  accountFailures: 25,
  firstWaitMs: 2_000,
  longestWaitMs: 900_000,
  forgiveMs: 600_000,
  maxTallies: 20_000,
}

interface Tally {
  failures: number
  /** When `failures` was right; it shrinks with time. */
  at: number
  waitUntil: number
  /** Of a pair: what its failures counted for the address, since it last failed nothing for a day. */
  counted: number
}

const dayMs = 86_400_000
/** What a failure counts for its address when the same account has failed there often. */
const repeatedWeight = 1 / 16

/**
 * Makes whoever guesses passwords wait, with exponential back-off. Counts names, not accounts, so its answers do not tell
 * which exist. Nobody can lock an account: only the guesser's own address has to wait for it.
 */
export class LockoutGuard {
  readonly #clock: Clock
  readonly #limits: LockoutLimits
  readonly #pairs: Map<string, Tally> = new Map()
  readonly #addresses: Map<string, Tally> = new Map()
  readonly #accounts: Map<string, Tally> = new Map()

  constructor(clock: Clock, limits: LockoutLimits = defaultLockoutLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  /** How long the claimant has to wait before it may try (again); 0 when it need not. */
  retryAfterSeconds(claimant: Claimant): number {
    if (this.#pairs.size === 0 && this.#addresses.size === 0) return 0
    const now = this.#clock.now()
    const pair = this.#pairs.get(pairKey(claimant))?.waitUntil ?? 0
    const address = this.#addresses.get(networkOf(claimant.address))?.waitUntil ?? 0
    const waitMs = Math.min(Math.max(pair, address) - now, this.#limits.longestWaitMs)
    return waitMs > 0 ? Math.ceil(waitMs / 1000) : 0
  }

  /** Counts a wrong proof. A stale nonce, or a request without credentials, is none. */
  failed(claimant: Claimant): void {
    const { pairFailures, addressFailures, accountFailures } = this.#limits
    const account = this.#count(this.#accounts, accountKey(claimant))
    const pair = this.#count(this.#pairs, pairKey(claimant))
    this.#wait(pair, account.failures > accountFailures ? 1 : pairFailures)
    // NOTE: a client that keeps trying an old password has to wait, and not everybody behind the same NAT with it.
    const weight = pair.counted < pairFailures ? 1 : repeatedWeight
    pair.counted += weight
    this.#wait(this.#count(this.#addresses, networkOf(claimant.address), weight), addressFailures)
  }

  /** Forgets what this account's owner mistyped at this address; failures for other accounts stay on the address's tally. */
  succeeded(claimant: Claimant): void {
    const key = pairKey(claimant)
    const pair = this.#pairs.get(key)
    if (!pair) return
    this.#pairs.delete(key)
    const mistyped = this.#failuresNow(pair)
    this.#forgive(this.#addresses, networkOf(claimant.address), Math.min(mistyped, pair.counted))
    this.#forgive(this.#accounts, accountKey(claimant), mistyped)
  }

  #count(tallies: Map<string, Tally>, key: string, weight = 1): Tally {
    const now = this.#clock.now()
    const known = tallies.get(key)
    const tally = known ?? { failures: 0, at: now, waitUntil: 0, counted: 0 }
    tally.failures = this.#failuresNow(tally) + weight
    if (now - tally.at > dayMs) tally.counted = 0
    tally.at = now
    // Taken out and put in again, it is the youngest: the first key is the one to forget.
    if (known) tallies.delete(key)
    tallies.set(key, tally)
    const oldest = tallies.keys().next().value
    if (oldest !== undefined && tallies.size > this.#limits.maxTallies) tallies.delete(oldest)
    return tally
  }

  #wait(tally: Tally, allowed: number): void {
    const over = Math.round(tally.failures - allowed)
    if (over < 0) return
    const waitMs = Math.min(this.#limits.longestWaitMs, this.#limits.firstWaitMs * 2 ** over)
    tally.waitUntil = this.#clock.now() + waitMs
  }

  #failuresNow(tally: Tally): number {
    const quietMs = Math.max(0, this.#clock.now() - tally.at)
    return Math.max(0, tally.failures - quietMs / this.#limits.forgiveMs)
  }

  #forgive(tallies: Map<string, Tally>, key: string, failures: number): void {
    const tally = tallies.get(key)
    if (!tally) return
    tally.failures = this.#failuresNow(tally) - failures
    tally.at = this.#clock.now()
    if (tally.failures < 0.5) tallies.delete(key)
  }
}

const maxNameLength = 64

function accountKey({ domain, account }: Claimant): string {
  return `${account.slice(0, maxNameLength)}@${domain}`
}

function pairKey(claimant: Claimant): string {
  return `${networkOf(claimant.address)} ${accountKey(claimant)}`
}

/** An IPv4 address, or the /64 of an IPv6 address: within it, a host picks its addresses as it likes. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::', 2)
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0')
  return [...front, ...zeros, ...back].slice(0, 4).join(':')
}
