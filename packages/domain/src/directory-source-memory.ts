import {
  CookieUselessError,
  type DirectorySource,
  type SourceBatch,
  type SourceCookie,
  type SourceEnd,
  type SourceEntry,
  type SourceId,
  type SourceProblem,
  type SourceProgress,
} from './directory-source.ts'

const batchSize = 500

/** A directory in this process: whoever has it puts users and groups in and takes them out, and all of that can be followed. */
export class DirectorySourceMemory implements DirectorySource {
  readonly fingerprint = 'memory'
  readonly #entries = new Map<SourceId, SourceEntry>()
  readonly #problems = new Map<SourceId, SourceProblem>()
  /** What was touched, in order; a cookie is how many that were. */
  readonly #touched: SourceId[] = []
  readonly #listeners = new Set<() => void>()

  /** Adds an entry, or replaces it. */
  put(entry: SourceEntry): void {
    this.#entries.set(entry.id, entry)
    this.#problems.delete(entry.id)
    this.#touch(entry.id)
  }

  /** Makes an entry one that cannot be used. */
  spoil(id: SourceId, problem: SourceProblem): void {
    this.#entries.delete(id)
    this.#problems.set(id, problem)
    this.#touch(id)
  }

  remove(id: SourceId): void {
    this.#entries.delete(id)
    this.#problems.delete(id)
    this.#touch(id)
  }

  async *read(progress?: (progress: SourceProgress) => void): AsyncGenerator<SourceBatch, SourceEnd, void> {
    const cookie = this.#cookie()
    const entries = [...this.#entries.values()]
    const problems = [...this.#problems.values()]
    for (let at = 0; at < entries.length; at += batchSize) {
      const batch = entries.slice(at, at + batchSize)
      progress?.({ read: at + batch.length, expected: entries.length })
      yield { entries: batch, gone: [], problems: [] }
    }
    if (problems.length > 0) yield { entries: [], gone: [], problems }
    return { cookie }
  }

  async *changes(cookie: SourceCookie): AsyncGenerator<SourceBatch, SourceEnd, void> {
    const since = /^memory:(\d{1,9})$/.exec(cookie)?.[1]
    if (since === undefined || Number(since) > this.#touched.length)
      throw new CookieUselessError('the cookie was not made by this directory')
    const next = this.#cookie()
    const ids = [...new Set(this.#touched.slice(Number(since)))]
    for (let at = 0; at < ids.length; at += batchSize) yield this.#batchOf(ids.slice(at, at + batchSize))
    return { cookie: next }
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #batchOf(ids: readonly SourceId[]): SourceBatch {
    return {
      entries: ids.flatMap((id) => this.#entries.get(id) ?? []),
      gone: ids.filter((id) => !this.#entries.has(id) && !this.#problems.has(id)),
      problems: ids.flatMap((id) => this.#problems.get(id) ?? []),
    }
  }

  #touch(id: SourceId): void {
    this.#touched.push(id)
    for (const listener of this.#listeners) listener()
  }

  #cookie(): SourceCookie {
    return `memory:${this.#touched.length}`
  }
}
