import { header, type LogicalUrl, type Multistatus, type PresenceState, propertyNames } from '@parley/protocol'
import { RequestRefusedError } from './client-error.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { RvpRequests } from './rvp-requests.ts'

/** What a watch list works with. */
export interface WatchListOptions {
  readonly requests: RvpRequests
  readonly leases: LeaseKeeper
  readonly lifetimeSeconds: number
  /** Called for every state that differs from the one known before. */
  readonly onChange: (node: LogicalUrl, state: PresenceState) => void
}

interface Watch {
  id: string | undefined
  state: PresenceState | undefined
  /** Counts what was heard, so that an older answer does not replace newer news. */
  heard: number
}

/** The nodes whose presence we watch, with their states as last heard (RVP §5.1.7.2). */
export class WatchList {
  readonly #options: WatchListOptions
  readonly #watches = new Map<LogicalUrl, Watch>()

  constructor(options: WatchListOptions) {
    this.#options = options
  }

  get nodes(): readonly LogicalUrl[] {
    return [...this.#watches.keys()]
  }

  stateOf(node: LogicalUrl): PresenceState | undefined {
    return this.#watches.get(node)?.state
  }

  /** Resolves with the state now. Rejects as RvpRequests do, and then the node is not watched. */
  async add(node: LogicalUrl): Promise<PresenceState | undefined> {
    const known = this.#watches.get(node)
    if (known?.id !== undefined) return known.state
    const watch: Watch = { id: undefined, state: undefined, heard: 0 }
    this.#watches.set(node, watch)
    try {
      await this.#subscribe(node, watch)
    } catch (error) {
      if (this.#watches.get(node) === watch) this.#watches.delete(node)
      throw error
    }
    return watch.state
  }

  /** Idempotent. */
  async remove(node: LogicalUrl): Promise<void> {
    const watch = this.#watches.get(node)
    this.#watches.delete(node)
    this.#options.leases.drop(leaseKey(node))
    if (watch?.id !== undefined) await this.#options.requests.unsubscribe(node, watch.id)
  }

  /** Takes in what a notification says. */
  hear(node: LogicalUrl, state: PresenceState): void {
    const watch = this.#watches.get(node)
    if (watch) {
      watch.heard += 1
      if (watch.state === state) return
      watch.state = state
    }
    this.#options.onChange(node, state)
  }

  /** Watches everything anew, after the server forgot us. */
  async restore(): Promise<void> {
    for (const [node, watch] of this.#watches) await this.#subscribeIfAllowed(node, watch)
  }

  async #subscribe(node: LogicalUrl, watch: Watch): Promise<number> {
    const { requests, leases, lifetimeSeconds } = this.#options
    const { heard } = watch
    // The Call-Back is our own logical URL: our home relays, so no other server learns our address (RVP §5.1.7.2).
    const callBack = [[header.callBack, requests.self]] as const
    const granted = await requests.subscribe(node, 'update/propchange', lifetimeSeconds, callBack)
    if (this.#watches.get(node) !== watch) {
      await requests.unsubscribe(node, granted.id)
      return granted.lifetimeSeconds
    }
    watch.id = granted.id
    leases.keep(leaseKey(node), granted.lifetimeSeconds, () => this.#renew(node, watch))
    if (granted.properties) this.#learn(node, watch, heard, granted.properties)
    return granted.lifetimeSeconds
  }

  async #renew(node: LogicalUrl, watch: Watch): Promise<number> {
    const { requests, lifetimeSeconds } = this.#options
    try {
      return (await requests.renew(node, watch.id ?? '', lifetimeSeconds)).lifetimeSeconds
    } catch (error) {
      // An unknown id is met with a fresh SUBSCRIBE (client-facts §5, 22).
      if (!(error instanceof RequestRefusedError) || !error.isFinal) throw error
      await this.#subscribeIfAllowed(node, watch)
      return lifetimeSeconds
    }
  }

  /** A contact that is gone or blocks us is offline to us, and goes on being listed. */
  async #subscribeIfAllowed(node: LogicalUrl, watch: Watch): Promise<void> {
    const { heard } = watch
    try {
      await this.#subscribe(node, watch)
    } catch (error) {
      if (!(error instanceof RequestRefusedError) || !error.isFinal) throw error
      this.#options.leases.drop(leaseKey(node))
      watch.id = undefined
      this.#learnState(node, watch, heard, 'offline')
    }
  }

  #learn(node: LogicalUrl, watch: Watch, heardBefore: number, { propstats }: Multistatus): void {
    const properties = propstats.filter(({ status }) => status === 200).flatMap((propstat) => propstat.properties)
    const state = properties.find(({ name }) => name === propertyNames.state)?.state?.state
    if (state) this.#learnState(node, watch, heardBefore, state)
  }

  #learnState(node: LogicalUrl, watch: Watch, heardBefore: number, state: PresenceState): void {
    if (watch.heard === heardBefore && this.#watches.get(node) === watch) this.hear(node, state)
  }
}

function leaseKey(node: LogicalUrl): string {
  return `watch ${node}`
}
