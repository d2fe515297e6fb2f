import { setImmediate as turnEnd } from 'node:timers/promises'
import {
  type ChangesAnswer,
  type Clock,
  type DeliveryOutcome,
  type ForwardedNotification,
  type HolderTable,
  type HomeLease,
  type HomeName,
  type HomePeers,
  type Ids,
  type LocationsCached,
  type NodeLocation,
  nextHolder,
  type StoredNode,
  type WatchReport,
} from '@parley/domain'
import { RecipientUnavailableError, RvpError, UnavailableError } from '@parley/protocol'
import type { Addressing } from './addressing.ts'
import { parseChangesAnswer, parseReportAnswer } from './cluster-calls.ts'
import {
  type ClusterCall,
  type ClusterClient,
  type HeldHomes,
  NodeUnreachableError,
  NotHeldError,
} from './cluster-client.ts'
import type { HeldHome } from './cluster-endpoint.ts'
import { homeNotify } from './home-notify.ts'
import type { MayDeliver } from './inbox-callback.ts'
import type { RvpRequest, RvpResponse, RvpService } from './rvp-exchange.ts'

export interface ClusterPeersOptions {
  readonly client: ClusterClient
  readonly holders: Pick<HolderTable, 'find' | 'forget' | 'next'>
  readonly locations: Pick<LocationsCached, 'locate' | 'doubt'>
  readonly addressing: Addressing
  readonly clock: Clock
  readonly ids: Pick<Ids, 'token'>
  /** Homes of this very process, which are asked without a detour over the network. */
  readonly local?: HeldHomes<HeldHome>
  /** Takes notifications for nodes of other IM domains. Absent: such nodes cannot be reached. */
  readonly foreign?: RvpService
  /** Whether the home that asks may send notifications at this moment. Absent: it always may. */
  readonly mayDeliver?: MayDeliver
  /** How long a home may be without a holder before its caller is told. */
  readonly patienceMs?: number
}

/** How long a holder is given that refuses or cannot be reached, if there is no other one. */
const firstPauseMs = 100
const longestPauseMs = 1_000

/** Whether a request may be sent again after this error. */
type MayRepeat = (err: unknown) => boolean

/** Asks other homes over the cluster's connections: finds who holds them, and once more when that was out of date. */
export class ClusterPeers implements HomePeers {
  readonly #options: ClusterPeersOptions

  constructor(options: ClusterPeersOptions) {
    this.#options = options
  }

  async report(to: HomeName, report: WatchReport): Promise<{ readonly epoch: number }> {
    // NOTE: one batch follows the other: without a pause, two homes of one process that tell each other a million watches
    // would keep it from all else for seconds, also from renewing its leases.
    if (this.#options.local?.(to)) await turnEnd()
    const held = this.#options.local?.(to)
    return held ? await held.peers.report(report) : parseReportAnswer(await this.#call(to, 'report', report))
  }

  async changesSince(
    home: HomeName,
    ask: { readonly by: HomeName; readonly epoch: number; readonly change: number },
  ): Promise<ChangesAnswer> {
    const held = this.#options.local?.(home)
    return held ? await held.peers.changesSince(ask) : parseChangesAnswer(await this.#call(home, 'changesSince', ask))
  }

  async adopt(home: HomeName, node: StoredNode): Promise<void> {
    const held = this.#options.local?.(home)
    if (held) await held.peers.adopt(node)
    else await this.#call(home, 'adopt', node)
  }

  async notify(notification: ForwardedNotification): Promise<DeliveryOutcome> {
    // NOTE: to another IM domain, no epoch goes along that would tell an old state from a new one. A state stays owed.
    if (this.#options.mayDeliver?.() === false) return 'unreachable'
    try {
      const { status } = await this.#deliver(notification)
      return status === 204 && notification.member ? 'nobody' : outcomeOf(status)
    } catch (err) {
      return outcomeOfError(err)
    }
  }

  async #deliver(notification: ForwardedNotification): Promise<RvpResponse> {
    const { addressing, ids, locations, foreign } = this.#options
    const { node } = notification
    const request = homeNotify(notification, { addressing, requestId: ids.token().slice(0, 12) })
    if (!addressing.serves(node)) {
      if (!foreign) throw new RecipientUnavailableError({ detail: 'the node is of another IM domain' })
      return await foreign.handle(request)
    }
    const location = await locations.locate(node)
    if (!location) throw new RecipientUnavailableError({ detail: 'no such node' })
    return await this.#deliverAt(location, request)
  }

  /** To the node's home, or where the node has moved meanwhile: once. */
  async #deliverAt(location: NodeLocation, request: RvpRequest, hasMoved = false): Promise<RvpResponse> {
    const { local, client, locations } = this.#options
    const orElsewhere = async (asking: Promise<RvpResponse>): Promise<RvpResponse> => {
      try {
        return await asking
      } catch (err) {
        if (!(err instanceof NotHeldError) || hasMoved) throw err
        locations.doubt(request.node)
        const now = await locations.locate(request.node)
        if (!now || now.home === location.home) throw err
        return await this.#deliverAt(now, request, true)
      }
    }
    const held = local?.(location.home)
    if (held) return await orElsewhere(held.service.handle(request))
    return await this.#atHolder(location.home, neverArrived, (lease) => orElsewhere(client.forward(lease, request)))
  }

  /** All calls may be made twice. */
  async #call(home: HomeName, call: ClusterCall, body: unknown): Promise<unknown> {
    return await this.#atHolder(home, isUnanswered, (lease) => this.#options.client.call(lease, call, body))
  }

  async #atHolder<T>(home: HomeName, mayRepeat: MayRepeat, ask: (lease: HomeLease) => Promise<T>): Promise<T> {
    const { holders, clock, patienceMs = 10_000 } = this.#options
    const patience = new AbortController()
    const stop = clock.after(patienceMs, () => patience.abort())
    try {
      let lease = (await holders.find(home)) ?? (await holders.next(home, undefined, patience.signal))
      for (let pauseMs = firstPauseMs; lease; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
        try {
          return await ask(lease)
        } catch (err) {
          if (!mayRepeat(err)) throw err
          holders.forget(lease)
          lease = await this.#holderAfter(lease, pauseMs, patience.signal)
        }
      }
    } finally {
      stop()
    }
    throw new UnavailableError('the home server is not available', { detail: `nobody answers for the home ${home}` })
  }

  async #holderAfter(last: HomeLease, pauseMs: number, patience: AbortSignal): Promise<HomeLease | undefined> {
    const { holders, clock } = this.#options
    const { home } = last
    const lease = await nextHolder(home, { holders, clock, last, pauseMs, deadline: patience })
    return lease || patience.aborted ? lease : await holders.next(home, undefined, patience)
  }
}

function neverArrived(err: unknown): boolean {
  return err instanceof NotHeldError || (err instanceof NodeUnreachableError && !err.mayHaveArrived)
}

function isUnanswered(err: unknown): boolean {
  return err instanceof NotHeldError || err instanceof NodeUnreachableError
}

/** RVP §8. */
function outcomeOf(status: number): DeliveryOutcome {
  if (status >= 200 && status < 300) return 'delivered'
  switch (status) {
    case 500:
      return 'left'
    case 404:
    case 412:
    // A bound between two IM domains, which is lifted in a moment: a state stays owed.
    case 429:
    case 503:
      return 'unreachable'
    default:
      return 'refused'
  }
}

function outcomeOfError(err: unknown): DeliveryOutcome {
  if (err instanceof NodeUnreachableError) return err.timedOut ? 'timed-out' : 'unreachable'
  return err instanceof RvpError ? outcomeOf(err.status) : 'unreachable'
}
