import type { Clock } from '@parley/domain'
import { header, TooManyRequestsError, UnavailableError } from '@parley/protocol'
import { Breaker } from './federation-breaker.ts'
import type { FederationLimits } from './federation-policy.ts'
import { RequestRate } from './federation-rate.ts'

/** Bounds what goes to, or comes from, one other IM domain, so that it can cost nobody else anything. */
export class DomainGate {
  readonly #limits: Pick<FederationLimits, 'concurrent'>
  readonly #rate: RequestRate
  readonly #breaker: Breaker
  #underWay = 0

  constructor(limits: FederationLimits, clock: Pick<Clock, 'elapsed'>, onBreak?: (isOpen: boolean) => void) {
    this.#limits = limits
    this.#rate = new RequestRate(limits.requestsPerSecond, clock)
    this.#breaker = new Breaker({ clock, ...(onBreak && { onChange: onBreak }) })
  }

  /**
   * Does `work`, unless the domain has used its share (TooManyRequestsError) or has not answered lately (UnavailableError).
   * `isAway` tells which errors of the work mean that the domain does not answer.
   */
  async pass<T>(work: () => Promise<T>, isAway: (err: unknown) => boolean = () => false): Promise<T> {
    const pause = this.#breaker.admit()
    if (pause !== undefined) {
      throw new UnavailableError('the other IM domain does not answer', { headers: [[header.retryAfter, `${pause}`]] })
    }
    const wait = this.#underWay >= this.#limits.concurrent ? 1 : this.#rate.take()
    if (wait !== undefined) {
      this.#breaker.unused()
      throw new TooManyRequestsError('too many requests between the two IM domains', {
        headers: [[header.retryAfter, `${wait}`]],
      })
    }
    this.#underWay += 1
    try {
      const result = await work()
      this.#breaker.succeeded()
      return result
    } catch (err) {
      if (isAway(err)) this.#breaker.failed()
      else this.#breaker.succeeded()
      throw err
    } finally {
      this.#underWay -= 1
    }
  }
}

/** One gate a domain, made when it is first needed; domains are bounded by the policy. */
export class DomainGates {
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #onBreak: ((domain: string, isOpen: boolean) => void) | undefined
  readonly #gates = new Map<string, DomainGate>()

  constructor(clock: Pick<Clock, 'elapsed'>, onBreak?: (domain: string, isOpen: boolean) => void) {
    this.#clock = clock
    this.#onBreak = onBreak
  }

  of({ domain, limits }: { readonly domain: string; readonly limits: FederationLimits }): DomainGate {
    const known = this.#gates.get(domain)
    if (known) return known
    const gate = new DomainGate(limits, this.#clock, (isOpen) => this.#onBreak?.(domain, isOpen))
    this.#gates.set(domain, gate)
    return gate
  }
}
