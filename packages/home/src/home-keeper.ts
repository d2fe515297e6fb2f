import type { Clock, Epoch, HandBackAnswer, HomeHolder, HomeLease, HomeLeases, HomeName } from '@parley/domain'
import { GrowingPauses } from './growing-pauses.ts'
import { HandBackRequests } from './hand-back-requests.ts'
import { type HomeKeeperEvents, silentHomeKeeperEvents } from './home-keeper-events.ts'
import { type KeepableHome, KeptHome } from './kept-home.ts'
import { leaseTaken } from './lease-state.ts'
import { settledOrAborted } from './settled-or-aborted.ts'
import { shareOf, takeDelayMs } from './take-delay.ts'

/** What a keeper of homes needs. */
export interface HomeKeeperOptions<Held extends KeepableHome> {
  readonly leases: HomeLeases
  /** This process. */
  readonly holder: HomeHolder
  /** Homes that it takes as soon as they are free. */
  readonly own: readonly HomeName[]
  /** Homes that it takes when their holder is gone: by name, or all of a cluster, listed anew for every poll. */
  readonly standbyFor: readonly HomeName[] | (() => Promise<readonly HomeName[]>)
  /** Opens a home that was taken; the home is given up, and tried again later, when this rejects. */
  readonly open: (home: HomeName, epoch: Epoch) => Promise<Held>
  /** Asks another process for an own home that it holds (`HomeKeeper.handBack` there). Absent: own homes that others took stay there. */
  readonly askBack?: (lease: HomeLease) => Promise<HandBackAnswer>
  readonly clock: Clock
  readonly events?: HomeKeeperEvents
  readonly lifetimeMs?: number
  readonly renewMs?: number
  readonly pollMs?: number
  /** How long a home may take to open. */
  readonly openMs?: number
}

/** A home that a process holds. */
export interface HeldHomeStatus {
  readonly home: HomeName
  readonly epoch: Epoch
  /** Whether it is one of the process's own, rather than one that it stands by for. */
  readonly own: boolean
  /** False while it opens, is handed over, or while the process cannot know whether it is still its own. */
  readonly serving: boolean
}

/** How long a process leaves a home to others after it handed it over while it goes on running. */
const leftToOthersMs = 10_000
/** The same when another process asked for the home: that one takes it at once, or has died. */
const leftToOwnerMs = 2_000
/** How long requests under way may keep a home from being handed over while its process is well: all others of the home wait meanwhile. */
export const handOverMs = 4_000
/** NOTE: a process that asks for its homes and then dies, again and again, must not move them each time. */
const handBackPauses = { firstMs: 15_000, longestMs: 300_000, forgottenMs: 1_800_000 }
/** How long a home may take to end; requests under way in it are not waited for as long. */
const stuckMs = 120_000
const firstRetryMs = 1_000
const lastRetryMs = 60_000
/** For how long another process keeps a home that could not be opened here twice in a row: each try takes it from its users. */
const failurePauses = { firstMs: 3_600_000, longestMs: 86_400_000, forgottenMs: Number.POSITIVE_INFINITY }

/**
 * The homes of a process (design.md, "Holding a home"): takes its own when they are free, and orphans that it stands by for;
 * renews their leases; says which of them it may serve; hands them over. Two keepers may believe for a while that they hold a
 * home, one of them cut off from the leases; the store accepts the writes of the later one only.
 */
export class HomeKeeper<Held extends KeepableHome> implements AsyncDisposable {
  readonly #options: Required<Omit<HomeKeeperOptions<Held>, 'askBack'>>
  readonly #handBackRequests: HandBackRequests | undefined
  readonly #handBacks: GrowingPauses<HomeName>
  readonly #kept = new Map<HomeName, KeptHome<Held>>()
  readonly #taking = new Map<HomeName, Promise<void>>()
  /** Timers of free homes that are left to others at first. */
  readonly #turns = new Map<HomeName, () => void>()
  readonly #notBefore = new Map<HomeName, number>()
  readonly #failures = new Map<HomeName, number>()
  /** Between opens, here, of own homes that fail again and again. */
  readonly #failurePauses: GrowingPauses<HomeName>
  readonly #heldBefore = new Set<HomeName>()
  /** Own homes that were open here, or held by another one, since the start. */
  readonly #seenServed = new Set<HomeName>()
  /** Own homes that others hold, by the epoch of which was told. */
  readonly #elsewhere = new Map<HomeName, Epoch>()
  readonly #work = new Set<Promise<void>>()
  #standby: readonly HomeName[] = []
  #round: Promise<void> | undefined
  #unlisted = false
  #storeAway = false
  #stopped = false
  #stopPolling: () => void = () => {}
  #stopListening: () => void = () => {}

  constructor(options: HomeKeeperOptions<Held>) {
    const times = { lifetimeMs: 5_000, renewMs: 1_500, pollMs: 1_000, openMs: 60_000 }
    this.#options = { events: silentHomeKeeperEvents, ...times, ...options }
    const { askBack: ask, clock } = options
    this.#handBackRequests = ask && new HandBackRequests({ ask, clock, events: this.#options.events })
    this.#handBacks = new GrowingPauses({ ...handBackPauses, clock })
    this.#failurePauses = new GrowingPauses({ ...failurePauses, clock })
  }

  /** Takes what is free of the own homes; resolves when those are open, or could not be taken. From then on it keeps trying. */
  async start(): Promise<void> {
    this.#stopListening = this.#options.leases.onChange((home) => this.#changed(home))
    this.#poll()
    await this.#round
    await Promise.all(this.#taking.values())
  }

  /** The home if this process holds it, and may serve it now. */
  get(home: HomeName): Held | undefined {
    return this.#kept.get(home)?.serving()
  }

  /**
   * Whether it may be sure that it holds the home, in this epoch, at this moment: what serving goes by, but true also while the
   * home opens, and while it is handed over and finishes what it began.
   */
  holds(home: HomeName, epoch: Epoch): boolean {
    const kept = this.#kept.get(home)
    return kept !== undefined && kept.epoch === epoch && kept.isSure
  }

  /** Every home that it holds. */
  held(): readonly HeldHomeStatus[] {
    const { own } = this.#options
    return [...this.#kept].map(([home, kept]) => ({
      home,
      epoch: kept.epoch,
      own: own.includes(home),
      serving: kept.serving() !== undefined,
    }))
  }

  /** Own homes that since the start were neither open here nor held by another process: it cannot do what it is for. */
  missing(): readonly HomeName[] {
    return this.#options.own.filter((home) => !this.#seenServed.has(home))
  }

  /** Homes that it keeps from others though it does not serve them: they do not end, and nothing but the end of the process helps. */
  stuck(): readonly HomeName[] {
    if (this.#stopped || this.#storeAway) return []
    const longAgo = this.#options.clock.elapsed() - stuckMs
    return [...this.#kept].filter(([, { endingSince = longAgo }]) => endingSince < longAgo).map(([home]) => home)
  }

  /**
   * Hands one home over to whoever takes it first, and leaves it to others for 10 s; requests under way may finish until
   * `deadline` aborts. Resolves with false when it is not held.
   */
  async handOver(home: HomeName, deadline: AbortSignal): Promise<boolean> {
    const kept = this.#kept.get(home)
    if (!kept) return false
    await this.#handOver(home, kept, deadline, leftToOthersMs)
    return true
  }

  /**
   * Hands a home over that this process stands by for, since the process that names it asks for it: not while nobody could take
   * it, and the oftener the less often. `epoch`: the take that the other one has seen.
   */
  async handBack(home: HomeName, epoch: Epoch): Promise<HandBackAnswer> {
    const kept = this.#kept.get(home)
    const servesIt = (): boolean => !this.#stopped && kept?.epoch === epoch && kept.serving() !== undefined
    if (!kept || !servesIt()) return 'not-held'
    if (this.#options.own.includes(home)) return 'own'
    if (!this.#handBacks.isOver(home)) return 'too-soon'
    if ((await kept.check()) === 'unanswered') return 'leases-away'
    if (!servesIt()) return 'not-held'
    this.#handBacks.begin(home)
    const deadline = new AbortController()
    const stop = this.#options.clock.after(handOverMs, () => deadline.abort())
    await this.#handOver(home, kept, deadline.signal, leftToOwnerMs)
    stop()
    return 'handed-over'
  }

  /** Takes nothing more and hands every home over, all at once; requests under way may finish until `deadline` aborts. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#stopped = true
    this.#stopPolling()
    this.#stopListening()
    for (const home of [...this.#turns.keys()]) this.#endTurn(home)
    await Promise.all([...this.#kept.values()].map((kept) => kept.handOver(deadline)))
    await settledOrAborted(Promise.all(this.#work), deadline)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain(AbortSignal.abort())
    await Promise.all(this.#work)
  }

  /** Hands one home over, and leaves it to others for `leftMs`. */
  async #handOver(home: HomeName, kept: KeptHome<Held>, deadline: AbortSignal, leftMs: number): Promise<void> {
    this.#notBefore.set(home, Number.POSITIVE_INFINITY)
    await kept.handOver(deadline)
    this.#notBefore.set(home, this.#options.clock.elapsed() + leftMs)
    // One that was made before the end of the hand-over was known.
    this.#endTurn(home)
  }

  #poll(): void {
    this.#handBackRequests?.beat()
    this.#stopPolling = this.#options.clock.after(this.#options.pollMs, () => this.#poll())
    this.#look()
  }

  /** Looks at all homes, unless it does so already. */
  #look(): void {
    if (this.#round || this.#stopped) return
    this.#round = this.#owned(
      this.#lookAtAll().finally(() => {
        this.#round = undefined
      }),
    )
  }

  async #lookAtAll(): Promise<void> {
    const { leases, own, standbyFor } = this.#options
    const [held] = await Promise.all([
      this.#ask(() => leases.leases()),
      typeof standbyFor === 'function' ? this.#listHomes(standbyFor) : undefined,
    ])
    if (!held) return
    for (const lease of held) this.#seeHeld(lease)
    const taken = new Set(held.map(({ home }) => home))
    const candidates = new Set([...own, ...(typeof standbyFor === 'function' ? this.#standby : standbyFor)])
    for (const home of candidates) if (!taken.has(home)) this.#seeFree(home, false)
  }

  async #listHomes(list: () => Promise<readonly HomeName[]>): Promise<void> {
    try {
      this.#standby = await list()
      this.#unlisted = false
    } catch (err) {
      if (!this.#unlisted) this.#options.events.homesUnlisted(err)
      this.#unlisted = true
    }
  }

  #changed(home: HomeName | undefined): void {
    if (home === undefined) this.#look()
    else if (this.#kept.has(home)) void this.#kept.get(home)?.check()
    else if (!this.#taking.has(home)) void this.#owned(this.#lookAt(home))
  }

  async #lookAt(home: HomeName): Promise<void> {
    const { own, standbyFor, leases } = this.#options
    const standby = typeof standbyFor === 'function' ? this.#standby : standbyFor
    if (!own.includes(home) && !standby.includes(home)) return
    const answer = await this.#ask(async () => ({ lease: await leases.lease(home) }))
    if (answer?.lease) this.#seeHeld(answer.lease)
    else if (answer) this.#seeFree(home, true)
  }

  #seeHeld({ home, epoch, holder }: HomeLease): void {
    this.#heldBefore.add(home)
    this.#endTurn(home)
    const kept = this.#kept.get(home)
    if (kept && kept.epoch < epoch) void kept.check()
    this.#seeElsewhere({ home, epoch, holder })
    // NOTE: taken by this process, whose request was answered by nobody; or given up by it, and that was not heard.
    const stray = !kept && !this.#taking.has(home) && holder.id === this.#options.holder.id
    if (stray) void this.#owned(this.#ask(() => this.#options.leases.release(home, epoch)))
  }

  #seeElsewhere(lease: HomeLease): void {
    const { home, epoch, holder } = lease
    const { own, events, holder: self, clock } = this.#options
    if (holder.id === self.id || !own.includes(home)) return
    this.#seenServed.add(home)
    if (this.#elsewhere.get(home) !== epoch) events.homeElsewhere(home, holder)
    this.#elsewhere.set(home, epoch)
    // NOTE: one that could not be opened here is better off there, until it would be tried again.
    const isFailing = (this.#notBefore.get(home) ?? 0) > clock.elapsed() || !this.#failurePauses.isOver(home)
    if (this.#stopped || this.#kept.has(home) || this.#taking.has(home) || isFailing) return
    if (this.#handBackRequests?.isDue(home)) void this.#owned(this.#askBack(lease, this.#handBackRequests))
  }

  async #askBack(lease: HomeLease, requests: HandBackRequests): Promise<void> {
    // The word that it is free may have been missed.
    if (await requests.ask(lease)) await this.#lookAt(lease.home)
  }

  #seeFree(home: HomeName, released: boolean): void {
    if (this.#stopped || this.#kept.has(home) || this.#taking.has(home)) return
    if (this.#turns.has(home) && !released) return
    this.#endTurn(home)
    const { own, clock, holder } = this.#options
    const heldBefore = released || this.#heldBefore.has(home)
    const free = { own: own.includes(home), released, heldBefore, share: shareOf(holder, home) }
    const delayMs = takeDelayMs(free, this.#kept.size + this.#taking.size + this.#turns.size)
    const waitMs = Math.max(delayMs, (this.#notBefore.get(home) ?? 0) - clock.elapsed())
    if (waitMs <= 0) this.#take(home)
    else
      this.#turns.set(
        home,
        clock.after(waitMs, () => this.#endTurn(home) && this.#take(home)),
      )
  }

  /** Whether the home was waiting for its turn. */
  #endTurn(home: HomeName): boolean {
    this.#turns.get(home)?.()
    return this.#turns.delete(home)
  }

  #take(home: HomeName): void {
    const taking = this.#takeAndOpen(home).finally(() => this.#taking.delete(home))
    this.#taking.set(home, this.#owned(taking))
  }

  async #takeAndOpen(home: HomeName): Promise<void> {
    const { leases, holder, lifetimeMs, clock } = this.#options
    const sentAt = clock.elapsed()
    const epoch = await this.#ask(() => leases.take(home, holder, lifetimeMs))
    if (epoch === undefined) return
    this.#heldBefore.add(home)
    const kept: KeptHome<Held> = new KeptHome({
      ...this.#options,
      home,
      lease: leaseTaken(epoch, sentAt, lifetimeMs),
      asked: (failure) => this.#heard(failure),
      ended: () => this.#kept.delete(home),
    })
    this.#kept.set(home, kept)
    if (this.#stopped) return kept.handOver(AbortSignal.abort())
    try {
      await kept.start()
      this.#failures.delete(home)
      this.#failurePauses.forget(home)
      this.#seenServed.add(home)
    } catch (err) {
      this.#openFailed(home, err)
    }
  }

  #openFailed(home: HomeName, err: unknown): void {
    const { clock, events } = this.#options
    const failures = this.#failures.get(home) ?? 0
    this.#failures.set(home, failures + 1)
    this.#notBefore.set(home, clock.elapsed() + Math.min(lastRetryMs, firstRetryMs * 2 ** failures))
    if (failures > 0) this.#failurePauses.begin(home)
    // Another one had it meanwhile, and has given it back.
    const wasElsewhere = this.#elsewhere.delete(home)
    if (failures === 0 || wasElsewhere) events.homeOpenFailed(home, err)
  }

  /** The answer; undefined, and told, when there is none. */
  async #ask<Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      const answer = await question()
      this.#heard(undefined)
      return answer
    } catch (err) {
      this.#heard(err)
      return undefined
    }
  }

  #heard(failure: unknown): void {
    const away = failure !== undefined
    if (away === this.#storeAway) return
    this.#storeAway = away
    this.#handBackRequests?.unwell()
    if (away) this.#options.events.storeAway(failure)
    else this.#options.events.storeBack()
  }

  /** Remembers work that nobody waits for until it is done, so that closing waits for it; it never rejects. */
  #owned(work: Promise<unknown>): Promise<void> {
    const owned: Promise<void> = work.then(() => void this.#work.delete(owned))
    this.#work.add(owned)
    return owned
  }
}
