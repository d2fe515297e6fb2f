import { type HomeLease, type NodeLocation, nextHolder } from '@parley/domain'
import { NodeUnreachableError, NotHeldError, type RvpRequest, type RvpResponse, type RvpService } from '@parley/http'
import {
  aliasOf,
  domainOf,
  header,
  LoopDetectedError,
  NotFoundError,
  parseHopCount,
  UnavailableError,
} from '@parley/protocol'
import { type Redirection, redirectionBy } from './redirect-policy.ts'
import { RenamedNodes, redirectToRenamed } from './renamed-nodes.ts'
import { isRepeatable } from './repeatable.ts'
import type { LanePlace } from './request-lanes.ts'
import type { RouterLimits } from './router-limits.ts'
import type { RouterOptions } from './router-options.ts'
import type { WaitingPlace, WaitingRoom } from './waiting-room.ts'
import { Wakefulness } from './wakefulness.ts'

/** Why a request is sent again, to whom it went, and how often it was sent. */
interface Failure {
  readonly lease: HomeLease | undefined
  readonly err: unknown
  readonly attempts: number
}

/** How long a request waits for a newer lease before the one that it has is tried again: it may be good, and its holder not ready. */
const firstPauseMs = 250
const longestPauseMs = 1_000

/**
 * Hands each request to the holder of its home, again where that is safe. Requests of one connection come one after the other,
 * and what waits for a home keeps its order (WaitingRoom), as does a message that follows one which the last holder of the
 * home has not answered. Two messages that one sender has on two connections at the same time, without waiting for an answer,
 * have no order of which a router could know.
 */
export class Forwarder implements RvpService {
  readonly #options: RouterOptions
  readonly #domains: ReadonlySet<string>
  readonly #limits: RouterLimits
  readonly #waiting: WaitingRoom
  readonly #wakefulness: Wakefulness
  readonly #redirection: Redirection | undefined
  readonly #renamed: RenamedNodes

  constructor(options: RouterOptions, domains: ReadonlySet<string>, limits: RouterLimits, waiting: WaitingRoom) {
    this.#options = options
    this.#domains = domains
    this.#limits = limits
    this.#waiting = waiting
    this.#wakefulness = new Wakefulness(options.clock)
    this.#redirection = options.redirect && redirectionBy(options.redirect)
    this.#renamed = new RenamedNodes(options.renames, options.locations)
  }

  // NOTE: with the location and the holder in memory, nothing comes between a request and its being forwarded.
  async handle(request: RvpRequest): Promise<RvpResponse> {
    const { foreign, holders, events } = this.#options
    if (this.#wakefulness.hasJustWoken()) throw asleep()
    if (parseHopCount(request.header(header.hopCount)) > this.#limits.maxHops) {
      throw new LoopDetectedError('the request went over too many hops')
    }
    if (!this.#domains.has(domainOf(request.node))) {
      if (!foreign) throw new NotFoundError('no such IM domain here')
      return await foreign.handle(request)
    }
    const locating = this.#locationFor(request)
    const location = locating instanceof Promise ? await locating : locating
    if (!location) return await this.#redirectOrRefuse(request)
    if (this.#waiting.isBehind(request)) {
      return await this.#hold(request, location, { lease: undefined, err: undefined, attempts: 0 })
    }
    const finding = holders.find(location.home)
    const lease = finding instanceof Promise ? await finding : finding
    if (!lease || (isMessage(request) && this.#waiting.isBehind(request, lease))) {
      return await this.#hold(request, location, { lease: undefined, err: undefined, attempts: 0 })
    }
    const redirection = this.#redirection?.(request, lease.holder)
    if (redirection) {
      events.redirected(location.home)
      return redirection
    }
    using place = isMessage(request) ? this.#waiting.pass(request, lease) : undefined
    let err: unknown
    try {
      return await this.#forward(request, location, lease, 1)
    } catch (thrown) {
      err = thrown
    }
    this.#judge(request, lease, err)
    return await this.#hold(request, location, { lease, err, attempts: 1 }, place)
  }

  /** Where the request is decided: the node's home or, for a group or resource that is not there yet, the home of who makes it. */
  #locationFor(request: RvpRequest): NodeLocation | undefined | Promise<NodeLocation | undefined> {
    const found = this.#options.locations.locate(request.node)
    if (found instanceof Promise) return found.then((location) => location ?? this.#makersLocation(request))
    return found ?? this.#makersLocation(request)
  }

  async #makersLocation({ method, node, identity }: RvpRequest): Promise<NodeLocation | undefined> {
    if (method !== 'PROPPATCH' || aliasOf(node) !== undefined) return undefined
    // NOTE: what had this name until lately is not made anew.
    if (await this.#renamed.find(node)) return undefined
    return await this.#options.locations.locate(identity.principal)
  }

  /** Answers a request for a node that is not there: it may have got another URL. Rejects with NotFoundError. */
  async #redirectOrRefuse(request: RvpRequest): Promise<RvpResponse> {
    const renamed = await this.#renamed.find(request.node)
    if (!renamed) throw new NotFoundError('no such node')
    this.#options.events.redirected(renamed.home)
    return redirectToRenamed(request, renamed.node)
  }

  async #forward(
    request: RvpRequest,
    location: NodeLocation,
    lease: HomeLease,
    attempts: number,
  ): Promise<RvpResponse> {
    const { client, events, locations } = this.#options
    const response = await client.forward(lease, request)
    // It may have made the node, and who made it may ask for it before this router is told.
    if (location.node !== request.node) locations.doubt(request.node)
    events.forwarded(lease.home, attempts)
    return response
  }

  /** Throws what cannot be mended by sending the request again; else has its location and its holder looked up anew. */
  #judge(request: RvpRequest, lease: HomeLease, err: unknown): void {
    const { locations, holders, events } = this.#options
    if (err instanceof NotHeldError) {
      // Either the home has another holder, or the node another home.
      holders.forget(lease)
      locations.doubt(request.node)
    } else if (err instanceof NodeUnreachableError) {
      holders.forget(lease)
      events.unreachable({ reqId: request.requestId, home: lease.home, holder: lease.holder, err })
      // NOTE: a message that may have arrived must not be delivered twice: its sender is told that nobody knows (promise 3).
      if (err.mayHaveArrived && !isRepeatable(request)) throw err
    } else {
      throw err
    }
  }

  /** Waits for somebody who takes the request, as long as that is allowed. */
  async #hold(request: RvpRequest, first: NodeLocation, failure: Failure, passed?: LanePlace): Promise<RvpResponse> {
    const { clock, events, holders } = this.#options
    using place = this.#enter(request, first, passed)
    const { maxWaitMs, maxAttempts } = this.#limits
    const deadline = clock.elapsed() + maxWaitMs
    events.held({ reqId: request.requestId, home: first.home, holder: failure.lease?.holder, err: failure.err })
    let { lease: last, err, attempts } = failure
    if (!(await place.turn(maxWaitMs))) throw err ?? away()
    let location = first
    let pauseMs = firstPauseMs
    while (attempts < maxAttempts) {
      const leftMs = deadline - clock.elapsed()
      if (leftMs <= 0) break
      const now = await this.#locationNow(request, location)
      if (!now) return await this.#redirectOrRefuse(request)
      location = now
      const lease = await nextHolder(location.home, {
        ...{ holders, clock, pauseMs: Math.min(pauseMs, leftMs) },
        last: last?.home === location.home ? last : undefined,
      })
      pauseMs = lease && lease.epoch !== last?.epoch ? firstPauseMs : Math.min(2 * pauseMs, longestPauseMs)
      if (!lease) continue
      try {
        attempts += 1
        return await this.#forward(request, location, lease, attempts)
      } catch (thrown) {
        this.#judge(request, lease, thrown)
        last = lease
        err = thrown
      }
    }
    throw err ?? this.#away(location)
  }

  #away({ home }: NodeLocation): UnavailableError {
    this.#options.events.unheld(home)
    return away()
  }

  #enter(request: RvpRequest, { home }: NodeLocation, passed: LanePlace | undefined): WaitingPlace {
    try {
      return this.#waiting.enter(home, request, passed)
    } catch (err) {
      this.#options.events.overflowed(home)
      throw err
    }
  }

  /** Where the request's node is by now, if it still is anywhere; where it was while nobody can tell. */
  async #locationNow(request: RvpRequest, last: NodeLocation): Promise<NodeLocation | undefined> {
    try {
      return await this.#locationFor(request)
    } catch (err) {
      if (err instanceof UnavailableError) return last
      throw err
    }
  }
}

function isMessage({ method }: RvpRequest): boolean {
  return method === 'NOTIFY'
}

function away(): UnavailableError {
  return new UnavailableError('nobody serves the home server now', { headers: [[header.retryAfter, '5']] })
}

function asleep(): UnavailableError {
  return new UnavailableError('this router hung; ask again', { headers: [[header.retryAfter, '2']] })
}
