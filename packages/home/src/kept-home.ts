import type { Clock, Epoch, HomeHolder, HomeLeases, HomeName } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import type { HomeKeeperEvents } from './home-keeper-events.ts'
import { type LeaseState, leaseRenewed, mayServe, type RenewalOutcome } from './lease-state.ts'
import { settledOrAborted } from './settled-or-aborted.ts'

/** What a keeper opens when it has taken a home. */
export interface KeepableHome extends AsyncDisposable {
  /**
   * Takes no more messages for devices, and resolves once no request is under way, or when `deadline` aborts; nobody hands it new ones then.
   */
  idle(deadline: AbortSignal): Promise<void>
}

/** What a held home needs from its keeper. */
export interface KeptHomeOptions<Held> {
  readonly home: HomeName
  readonly holder: HomeHolder
  readonly lease: LeaseState
  readonly leases: HomeLeases
  readonly clock: Clock
  readonly events: HomeKeeperEvents
  readonly lifetimeMs: number
  readonly renewMs: number
  readonly open: (home: HomeName, epoch: Epoch) => Promise<Held>
  readonly openMs: number
  /** Hears whether the leases could be asked. */
  readonly asked: (failure: unknown) => void
  /** Hears that the home is no longer held. */
  readonly ended: () => void
}

/** One home from the take of its lease to its end: renews the lease, opens the home, and serves it while it may. */
export class KeptHome<Held extends KeepableHome> {
  readonly #options: KeptHomeOptions<Held>
  #lease: LeaseState
  #held: Held | undefined
  #ending: Promise<void> | undefined
  #endingSince: number | undefined
  #renewals: Promise<unknown> = Promise.resolve()
  #stopRenewing: () => void = () => {}

  constructor(options: KeptHomeOptions<Held>) {
    this.#options = options
    this.#lease = options.lease
  }

  /** When it began to end, by `Clock.elapsed`; undefined while it does not. */
  get endingSince(): number | undefined {
    return this.#endingSince
  }

  get epoch(): Epoch {
    return this.#lease.epoch
  }

  /** Whether its holder may be sure of the lease at this moment (`mayServe`), also while it opens or is handed over. */
  get isSure(): boolean {
    return mayServe(this.#lease, this.#options.clock.elapsed())
  }

  /** The home while it may serve: not while it opens or ends, nor when its holder cannot know whether it is still its own. */
  serving(): Held | undefined {
    return this.#ending || !this.isSure ? undefined : this.#held
  }

  /** Renews from now on, and opens the home; gives it up again, and rejects, when that fails or takes too long. */
  async start(): Promise<void> {
    const { home, events } = this.#options
    this.#scheduleRenewal()
    try {
      const held = await this.#open()
      this.#held = held
      if (this.#ending) await this.#close(held)
      else events.homeTaken(home, this.epoch)
    } catch (err) {
      if (this.#ending) return
      await this.#end(this.#giveUp(AbortSignal.any([])))
      throw err
    }
  }

  async #open(): Promise<Held> {
    const { open, openMs, home, clock } = this.#options
    const { promise: late, reject } = Promise.withResolvers<never>()
    const opening = open(home, this.epoch)
    const cancel = clock.after(openMs, () => {
      reject(new UnavailableError(`opening ${home} takes longer than ${openMs / 1000} s`))
      // NOTE: nobody waits for it, since it may never settle.
      opening.then(
        (held) => this.#close(held),
        () => undefined,
      )
    })
    try {
      return await Promise.race([opening, late])
    } finally {
      cancel()
    }
  }

  /** Asks at once whether the lease is still this holder's; resolves with what it hears. */
  async check(): Promise<RenewalOutcome> {
    if (this.#ending) return 'lost'
    this.#stopRenewing()
    return await this.#renew()
  }

  /**
   * Lets requests finish until `deadline` aborts, closes the home, then gives it up: what the next holder loads is complete.
   * Refuses new requests from the call on.
   */
  async handOver(deadline: AbortSignal): Promise<void> {
    await (this.#ending ?? this.#end(this.#handOver(deadline)))
  }

  async #handOver(deadline: AbortSignal): Promise<void> {
    const { home, events } = this.#options
    const held = this.#held
    if (held) {
      await held.idle(deadline)
      await this.#close(held)
    }
    await this.#giveUp(deadline)
    if (this.#lease.lost) events.homeLost(home, this.epoch)
    else events.homeHandedOver(home, this.epoch)
  }

  async #giveUp(deadline: AbortSignal): Promise<void> {
    const { leases, home, ended } = this.#options
    this.#stopRenewing()
    // A renewal that arrives after the release would hold the home for nobody.
    await settledOrAborted(this.#renewals, deadline)
    try {
      await leases.release(home, this.epoch)
    } catch (err) {
      this.#options.asked(err)
    } finally {
      ended()
    }
  }

  #scheduleRenewal(): void {
    this.#stopRenewing = this.#options.clock.after(this.#options.renewMs, () => void this.#renew())
  }

  /** Resolves with what became of it, `unanswered` when that takes too long; never rejects. */
  #renew(): Promise<RenewalOutcome> {
    const { leases, home, holder, lifetimeMs, clock, renewMs, asked } = this.#options
    const { promise: heard, resolve } = Promise.withResolvers<RenewalOutcome>()
    const sentAt = clock.elapsed()
    let answered = false
    const hear = (outcome: RenewalOutcome, failure?: unknown): void => {
      answered = true
      asked(failure)
      this.#lease = leaseRenewed(this.#lease, outcome, sentAt, lifetimeMs)
      if (this.#lease.lost) this.#lose()
      resolve(outcome)
    }
    this.#stopRenewing = clock.after(renewMs, () => {
      if (!answered) hear('unanswered', new UnavailableError('the leases do not answer'))
      void this.#renew()
    })
    const renewal = leases.renew(home, holder, this.epoch, lifetimeMs).then(
      (kept) => hear(kept ? 'kept' : 'lost'),
      (err: unknown) => hear('unanswered', err),
    )
    this.#renewals = Promise.all([this.#renewals, renewal])
    return heard
  }

  #lose(): void {
    const { home, events, ended } = this.#options
    this.#stopRenewing()
    if (this.#ending) return
    events.homeLost(home, this.epoch)
    const closed = this.#held ? this.#close(this.#held) : Promise.resolve()
    void this.#end(closed.then(ended))
  }

  #end(ending: Promise<void>): Promise<void> {
    this.#ending = ending
    this.#endingSince = this.#options.clock.elapsed()
    return ending
  }

  /** Never rejects: the home ends in any case. */
  async #close(held: Held): Promise<void> {
    this.#held = undefined
    try {
      await held[Symbol.asyncDispose]()
    } catch (err) {
      this.#options.events.homeCloseFailed(this.#options.home, err)
    }
  }
}
