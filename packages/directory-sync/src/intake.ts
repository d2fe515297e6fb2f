import type { SourceBatch, SourceEnd, SourceEntry, SourceId } from '@parley/domain'
import { EntrySpool } from './entry-spool.ts'
import { MarkTable } from './mark-table.ts'
import type { ProblemList } from './problem-list.ts'

/** Stands for an entry that has nothing to be done for it. */
const nothing = 0

/** What was read of the source and has to be worked on: of one entry the last that was read counts. */
export class Intake {
  readonly #spool = new EntrySpool()
  /** 1 + the ordinal of the last entry of each id, or `nothing`. */
  readonly #last = new MarkTable()
  readonly #gone = new Set<SourceId>()
  readonly #problems: ProblemList
  readonly #isKnown: (entry: SourceEntry) => boolean

  /** `isKnown` hears of each entry and says whether the map has it just so. */
  constructor(problems: ProblemList, isKnown: (entry: SourceEntry) => boolean) {
    this.#problems = problems
    this.#isKnown = isKnown
  }

  /** Entries that have to be worked on, at most. */
  get size(): number {
    return this.#spool.size
  }

  /** Whether nothing was read of any entry. */
  get isEmpty(): boolean {
    return this.#last.size === 0
  }

  /** Entries that are gone. */
  get gone(): ReadonlySet<SourceId> {
    return this.#gone
  }

  /** Reads all; `heard` is told of each batch, after it was taken in, and ends the reading when it throws. */
  async take(
    batches: AsyncGenerator<SourceBatch, SourceEnd, void>,
    heard: (batch: SourceBatch) => void,
  ): Promise<SourceEnd> {
    try {
      for (;;) {
        const next = await batches.next()
        if (next.done) return next.value
        this.#add(next.value)
        heard(next.value)
      }
    } finally {
      // What the source has open for it is closed.
      await batches.return({})
    }
  }

  /** Whether the read said anything of an entry. */
  mentions(id: SourceId): boolean {
    return this.#last.has(id)
  }

  /** What has to be worked on, some at a time. */
  pieces(): Generator<readonly SourceEntry[]> {
    return this.#spool.pieces(({ id }, ordinal) => this.#last.get(id) === ordinal + 1)
  }

  #add({ entries, gone, problems }: SourceBatch): void {
    for (const entry of entries) {
      this.#gone.delete(entry.id)
      this.#problems.solve(entry)
      this.#last.set(entry.id, this.#isKnown(entry) ? nothing : this.#spool.add(entry) + 1)
    }
    for (const id of gone) {
      this.#gone.add(id)
      this.#problems.solve({ id })
      this.#last.set(id, nothing)
    }
    for (const problem of problems) {
      this.#problems.add(problem)
      if (problem.id !== undefined && !this.mentions(problem.id)) this.#last.set(problem.id, nothing)
    }
  }
}
