import type { Clock, SyncStore } from '@parley/domain'
import { LeaseLostError } from './lease-lost-error.ts'

/** How long it takes until another process may go on when this one is gone. */
const lifetimeMs = 10_000
const renewMs = 3_000

export interface SyncLeaseDeps {
  readonly store: Pick<SyncStore, 'hold' | 'release'>
  readonly clock: Clock
  /** Unique to one run of one process; an operator sees it. */
  readonly holder: string
}

/** The lease on being the one `parley sync` that writes; prolonged by itself while it is held. */
export class SyncLease {
  readonly #deps: SyncLeaseDeps
  #until = Number.NEGATIVE_INFINITY
  #cancel: (() => void) | undefined
  #renewing: Promise<void> = Promise.resolve()

  constructor(deps: SyncLeaseDeps) {
    this.#deps = deps
  }

  get isHeld(): boolean {
    return this.#deps.clock.elapsed() < this.#until
  }

  /** Takes it unless another process has it. Rejects with UnavailableError. */
  async take(): Promise<boolean> {
    await this.#hold()
    if (this.isHeld && !this.#cancel) this.#renewLater()
    return this.isHeld
  }

  /** Throws LeaseLostError unless it is held. */
  check(): void {
    if (!this.isHeld) throw new LeaseLostError()
  }

  /** Gives it up. Rejects with UnavailableError; it runs out then. */
  async release(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    await this.#renewing
    this.#until = Number.NEGATIVE_INFINITY
    await this.#deps.store.release(this.#deps.holder)
  }

  async #hold(): Promise<void> {
    const { store, clock, holder } = this.#deps
    // NOTE: it is not held here for longer than there, so time is counted from before the question.
    const until = clock.elapsed() + lifetimeMs
    this.#until = (await store.hold(holder, lifetimeMs)) ? until : Number.NEGATIVE_INFINITY
  }

  #renewLater(): void {
    this.#cancel = this.#deps.clock.after(renewMs, () => {
      this.#renewing = this.#hold()
        // It is lost when nobody answers for as long as it lasts.
        .catch(() => undefined)
        .then(() => {
          if (!this.#cancel) return
          if (this.isHeld) this.#renewLater()
          else this.#cancel = undefined
        })
    })
  }
}
