import type { LogicalUrl } from '@parley/protocol'
import type { HomeName } from './home-name.ts'
import type { Epoch } from './node-store.ts'
import type { HomeBeat } from './status-bus.ts'

/** Looks, one a second, without a word of the home after which it is asked, it is reported, and its nodes are shown offline. */
const quietLooks = { ask: 3, unheard: 10, offline: 60 }

/** Looks between two asks that no beat called for. */
const looksBetweenAsks = 3

/** Another home as its nodes are watched from here: what was heard of it, and whether something may be missing. */
export class RemotePresentityHome {
  readonly name: HomeName
  /** Its nodes that are watched from here. */
  readonly presentities = new Set<LogicalUrl>()
  /** The newest epoch whose reports were heard; 0 before the first. */
  epoch: Epoch = 0
  /** Every change of the epoch up to this number is known here. */
  change = 0
  /** Whether an answer is on its way. */
  isAsking = false
  /** Whether its nodes are shown offline, since nothing was heard for so long. */
  isSilent = false
  /** What was told since a full report began: watches by presentity. */
  full: { readonly number: number; readonly told: Map<LogicalUrl, Set<string>> } | undefined
  /** Whether something may be missing that no answer has brought yet. */
  #isOwed = false
  #owesAll = false
  /** Whether the last ask failed: the next one waits for its time. */
  #hasFailed = false
  #quietLooks = 0
  #looksSinceAsk = looksBetweenAsks
  /** The last batch of reports of the present epoch, and the last full report that was heard to its end. */
  #batch = 0
  #fullTold = 0
  #beat: { readonly published: number; readonly change: number } | undefined
  #heard = 0

  constructor(name: HomeName) {
    this.name = name
  }

  /** A batch of reports came. Returns false when it is of an older epoch, or older than another one that came. */
  reported(epoch: Epoch, batch: number): boolean {
    if (epoch < this.epoch || (epoch === this.epoch && batch <= this.#batch)) return false
    this.#quietLooks = 0
    this.#batch = batch
    if (epoch === this.epoch) return true
    this.epoch = epoch
    this.#fullTold = 0
    this.change = 0
    this.#beat = undefined
    this.#heard = 0
    this.#isOwed = true
    this.#owesAll = false
    this.full = undefined
    return true
  }

  /** A change of the present epoch came over the bus. */
  changed(): void {
    this.#heard += 1
  }

  /** A beat came: when as many changes came as were sent since the one before, nothing is missing. */
  beaten(beat: HomeBeat): void {
    if (beat.epoch < this.epoch) return
    this.#quietLooks = 0
    if (beat.epoch > this.epoch) {
      this.#isOwed = true
      return
    }
    const before = this.#beat
    if (!before || beat.published - before.published !== this.#heard || this.isSilent) this.#isOwed = true
    else if (this.change >= before.change) this.change = Math.max(this.change, beat.change)
    this.#beat = { published: beat.published, change: beat.change }
    this.#heard = 0
  }

  /** Something may be missing. */
  doubt(): void {
    this.#isOwed = true
  }

  /** Everything is to be told again, the watches, too. */
  doubtAll(): void {
    this.#isOwed = true
    this.#owesAll = true
  }

  /** Whether the home must be asked at once. */
  get mustAsk(): boolean {
    return this.#isOwed && !this.isAsking && !this.#hasFailed
  }

  /** Whether the home must be asked, now or at the next look. */
  get isOwing(): boolean {
    return this.#isOwed || this.#hasFailed
  }

  /** What to ask for; the answer or its failure must be told (`answered`, `failed`). */
  ask(): { readonly epoch: Epoch; readonly change: number } {
    this.isAsking = true
    this.#isOwed = false
    this.#hasFailed = false
    this.#looksSinceAsk = 0
    // NOTE: to ask for everything in the middle of a full report would begin that anew, and with one user after the other
    // that moves here it would never end.
    const isForAll = this.#owesAll && !this.full
    if (isForAll) this.#owesAll = false
    return { epoch: isForAll ? 0 : this.epoch, change: this.change }
  }

  /** The next batch is part of this full report. NOTE: the last batch may come again, its answer having been lost. */
  tellsAll(number: number): void {
    if (this.full?.number !== number && number > this.#fullTold) this.full = { number, told: new Map() }
  }

  /** A full report has ended. */
  toldAll(): void {
    this.#fullTold = this.full?.number ?? this.#fullTold
    this.full = undefined
    if (this.#owesAll) this.#isOwed = true
  }

  /** An answer came. Returns whether its states can be used: they are of the present epoch. */
  answered(epoch: Epoch, change: number): boolean {
    this.isAsking = false
    this.#quietLooks = 0
    if (epoch !== this.epoch) return false
    this.change = Math.max(this.change, change)
    return true
  }

  /** Nobody answered: the next look asks again. */
  failed(isForAll: boolean): void {
    this.isAsking = false
    this.#owesAll ||= isForAll
    this.#hasFailed = true
  }

  /** For how long nothing was heard of it, in seconds; undefined while that is no reason to worry. */
  get unheardSeconds(): number | undefined {
    return this.#quietLooks >= quietLooks.unheard ? this.#quietLooks : undefined
  }

  /** Called every second: whether it is time to ask, or to show the home's nodes offline. */
  look(): { readonly ask: boolean; readonly silence: boolean } {
    this.#quietLooks += 1
    this.#looksSinceAsk += 1
    const isDue = this.isOwing || this.#quietLooks >= quietLooks.ask
    const ask = isDue && !this.isAsking && this.#looksSinceAsk >= looksBetweenAsks
    return { ask, silence: this.#quietLooks >= quietLooks.offline && !this.isSilent }
  }
}
