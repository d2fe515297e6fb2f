import {
  CookieUselessError,
  type DirectorySource,
  type HomeName,
  type SourceBatch,
  type SourceEnd,
  type SourceEntry,
  type SourceGroup,
  type SourceId,
  type SourceProblem,
  type SourceUser,
} from '@parley/domain'
import { parseLogicalUrl, userUrl } from '@parley/protocol'

type Event = { readonly entry: SourceEntry } | { readonly gone: SourceId } | { readonly problem: SourceProblem }

/** A directory that a test writes: what it has now, and every change of it. */
export class ScriptedDirectory implements DirectorySource {
  fingerprint = 'scripted'
  /** How often everything was read. */
  reads = 0
  /** Changes before this one are forgotten. */
  forgotten = 0
  /** What a cookie starts with: another text makes those that were given useless. */
  generation = 'first'
  /** Whether it can tell what changed. */
  tellsChanges = true
  writeHome?: (id: SourceId, home: HomeName) => Promise<void>
  readonly entries = new Map<SourceId, SourceEntry>()
  readonly #problems = new Map<SourceId, SourceProblem>()
  readonly #events: Event[] = []
  readonly #listeners = new Set<() => void>()

  put(...entries: readonly SourceEntry[]): void {
    for (const entry of entries) {
      this.entries.set(entry.id, entry)
      this.#problems.delete(entry.id)
      this.#happened({ entry })
    }
  }

  remove(...ids: readonly SourceId[]): void {
    for (const id of ids) {
      this.entries.delete(id)
      this.#problems.delete(id)
      this.#happened({ gone: id })
    }
  }

  /** Makes an entry one that cannot be used. */
  spoil(id: SourceId, what: string): void {
    const problem = { id, origin: `cn=${id}`, what }
    this.entries.delete(id)
    this.#problems.set(id, problem)
    this.#happened({ problem })
  }

  async *read(): AsyncGenerator<SourceBatch, SourceEnd, void> {
    this.reads += 1
    for (const entry of [...this.entries.values()]) yield { entries: [entry], gone: [], problems: [] }
    yield { entries: [], gone: [], problems: [...this.#problems.values()] }
    return this.#end()
  }

  async *changes(cookie: string): AsyncGenerator<SourceBatch, SourceEnd, void> {
    const [generation, at] = cookie.split(' ')
    if (generation !== this.generation || Number(at) < this.forgotten) throw new CookieUselessError('too old')
    for (const event of this.#events.slice(Number(at))) {
      yield {
        entries: 'entry' in event ? [event.entry] : [],
        gone: 'gone' in event ? [event.gone] : [],
        problems: 'problem' in event ? [event.problem] : [],
      }
    }
    return this.#end()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  #end(): SourceEnd {
    return this.tellsChanges ? { cookie: `${this.generation} ${this.#events.length}` } : {}
  }

  #happened(event: Event): void {
    this.#events.push(event)
    for (const listener of this.#listeners) listener()
  }
}

/** A user of the directory of tests; its id is told apart from its alias, as it stays when that changes. */
export function sourceUser(id: SourceId, alias: string = id, more: Partial<SourceUser> = {}): SourceUser {
  return {
    kind: 'user',
    id,
    node: userUrl('im.example.com', alias),
    displayName: `${alias} of the office`,
    names: [`${alias}@example.com`],
    attributes: {},
    origin: `cn=${id}`,
    ...more,
  }
}

/** A group of the directory of tests. */
export function sourceGroup(id: SourceId, members: readonly SourceId[], path: string = id): SourceGroup {
  const node = parseLogicalUrl(`http://im.example.com/groups/${path}`)
  return { kind: 'group', id, node, displayName: path, members, origin: `cn=${id},ou=groups` }
}
