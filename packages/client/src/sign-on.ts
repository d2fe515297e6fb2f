import type { LogicalUrl, PresenceState } from '@parley/protocol'
import { RequestRefusedError } from './client-error.ts'
import type { ClientRandom } from './client-random.ts'
import type { DeviceInbox, InboxListener } from './device-inbox.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import { RetriedWork } from './retried-work.ts'
import type { RvpRequests } from './rvp-requests.ts'
import type { Timers } from './timers.ts'

/** What a sign-on works with. */
export interface SignOnParts {
  readonly requests: RvpRequests
  readonly inbox: DeviceInbox
  readonly leases: LeaseKeeper
  readonly timers: Timers
  readonly random: ClientRandom
  readonly lifetimeSeconds: number
  readonly leaseSeconds: number
  /** Runs after we signed on again: everything that the server may have forgotten must be told again. */
  readonly onRestored: () => Promise<void>
  /** Called once when the server will not have us back. */
  readonly onRefused: (error: Error) => void
}

const loginLease = 'login'
const stateLease = 'state'

/** One device's login subscription and its view of the user's state; keeps both alive (RVP §5.1.7.1, §5.5). */
export class SignOn {
  readonly #parts: SignOnParts
  #inboxHeaders: readonly (readonly [string, string])[] = []
  #loginId: string | undefined
  #viewId: number | undefined
  #state: PresenceState = 'offline'
  /** Whether somebody else may read what the present subscription brings. */
  #isOverheard = false
  readonly #restoring: RetriedWork

  constructor(parts: SignOnParts) {
    this.#parts = parts
    const { timers, random, onRefused } = parts
    this.#restoring = new RetriedWork({ work: () => this.#restore(), timers, random, onRefused })
  }

  get self(): LogicalUrl {
    return this.#parts.requests.self
  }

  get state(): PresenceState {
    return this.#state
  }

  /** The login subscription: from here on the device can be reached. */
  async start(listener: InboxListener): Promise<void> {
    this.#inboxHeaders = await this.#parts.inbox.start(listener)
    await this.#login()
  }

  /** Sets the state of this device's view, on a lease that is renewed until the next change (RVP §5.5.2). */
  async setState(state: PresenceState): Promise<void> {
    this.#state = state
    const lifetimeSeconds = await this.#sendState()
    this.#parts.leases.keep(stateLease, lifetimeSeconds, () => this.#renewed(stateLease, () => this.#sendState()))
  }

  /** Signs on again, with pauses, until that succeeds; an inbox that somebody else has taken is given up first. */
  again(how: 'forgotten' | 'replaced'): void {
    if (how === 'replaced') this.#isOverheard = true
    this.#restoring.request()
  }

  /** Tells the server that we leave, in librvp's way: state and subscription (client-facts §1.12; §5, 26). */
  async leave(): Promise<void> {
    const { requests, leases } = this.#parts
    // The end of our subscription must not make us sign on again.
    await this.#restoring.stop()
    leases.drop(stateLease)
    leases.drop(loginLease)
    const viewId = this.#viewId
    // A good-bye has no lease (client-facts §1.3).
    await requests.setState({ state: 'offline', viewId })
    if (this.#loginId !== undefined) await requests.unsubscribe(this.self, this.#loginId)
  }

  /** Stops without a word to the server. Idempotent. */
  async close(): Promise<void> {
    this.#parts.leases.dropAll()
    await Promise.all([this.#restoring.stop(), this.#parts.inbox.close()])
    this.#parts.leases.dropAll()
  }

  async #login(): Promise<void> {
    const { requests, inbox, leases, lifetimeSeconds } = this.#parts
    const granted = await requests.subscribe(this.self, 'pragma/notify', lifetimeSeconds, this.#inboxHeaders)
    this.#loginId = granted.id
    leases.keep(loginLease, granted.lifetimeSeconds, () => this.#renewLogin(granted.id))
    await inbox.accepted(granted.head)
  }

  /** Makes a stolen token worthless (docs/protocol/streams.md, section 8). */
  async #giveUpLogin(): Promise<void> {
    this.#parts.leases.drop(loginLease)
    try {
      await this.#parts.requests.unsubscribe(this.self, this.#loginId ?? '')
    } catch (error) {
      if (!(error instanceof RequestRefusedError) || !error.isFinal || error.status === 401) throw error
    }
    this.#isOverheard = false
  }

  async #renewLogin(id: string): Promise<number> {
    const { requests, lifetimeSeconds } = this.#parts
    const renew = async (): Promise<number> => (await requests.renew(this.self, id, lifetimeSeconds)).lifetimeSeconds
    return await this.#renewed(loginLease, renew)
  }

  /** An unknown id is met with a fresh SUBSCRIBE (client-facts §5, 22); who is no longer welcome hears so there. */
  async #renewed(lease: string, renew: () => Promise<number>): Promise<number> {
    try {
      return await renew()
    } catch (error) {
      if (error instanceof RequestRefusedError && error.isFinal) {
        this.#parts.leases.drop(lease)
        this.again('forgotten')
      }
      throw error
    }
  }

  async #sendState(): Promise<number> {
    const { requests, leaseSeconds } = this.#parts
    // A view that the server no longer knows does no harm: it makes a new one (client-facts §5, 25).
    const granted = await requests.setState({ state: this.#state, leaseSeconds, viewId: this.#viewId })
    this.#viewId = granted.viewId ?? this.#viewId
    return granted.leaseSeconds ?? leaseSeconds
  }

  async #restore(): Promise<void> {
    if (this.#isOverheard) await this.#giveUpLogin()
    await this.#login()
    await this.setState(this.#state)
    await this.#parts.onRestored()
  }
}
