import type { SourceProblem } from '@parley/domain'

/** Where the problems of the sync itself are filed, which no entry has. */
export const syncOrigin = 'parley sync'

/** As many as a store keeps. */
const mostProblems = 1_000

/** What is wrong with which entries; bounded. */
export class ProblemList {
  readonly #byEntry = new Map<string, SourceProblem[]>()
  readonly #before: ReadonlySet<string>
  #count = 0

  /** `before` are those of the run before; with `keep` they are still there unless they are solved. Those of the sync itself are not. */
  constructor(before: readonly SourceProblem[], { keep }: { readonly keep: boolean }) {
    this.#before = new Set(before.map(textOf))
    if (keep) for (const problem of before) if (problem.origin !== syncOrigin) this.add(problem)
  }

  /** Whether they are others than those of the run before. */
  get isChanged(): boolean {
    const now = this.list()
    return now.length !== this.#before.size || this.news.length > 0
  }

  /** Those that the run before had not. */
  get news(): readonly SourceProblem[] {
    return this.list().filter((problem) => !this.#before.has(textOf(problem)))
  }

  /** All, those that are not listed included. */
  get count(): number {
    return this.#count
  }

  add(problem: SourceProblem): void {
    const key = problem.id ?? problem.origin
    const problems = this.#byEntry.get(key) ?? []
    if (problems.some(({ what }) => what === problem.what)) return
    this.#count += 1
    if (this.#byEntry.size < mostProblems) this.#byEntry.set(key, [...problems, problem])
  }

  /** Forgets what was wrong with an entry, which was read again. */
  solve({ id, origin }: { readonly id: string; readonly origin?: string }): void {
    for (const key of [id, origin ?? id]) {
      const solved = this.#byEntry.get(key)
      if (!solved) continue
      this.#count -= solved.length
      this.#byEntry.delete(key)
    }
  }

  list(): readonly SourceProblem[] {
    return [...this.#byEntry.values()].flat().slice(0, mostProblems)
  }
}

function textOf({ id, origin, what }: SourceProblem): string {
  return JSON.stringify([id, origin, what])
}
