import type { LogicalUrl } from '@parley/protocol'
import type { PersonAttributes } from './directory-source.ts'

/** What a search for people looks for: all of it must fit. */
export interface PeopleQuery {
  /** Words as `searchWords` gives them; each must begin a word of the person's names, address or alias, in any order. At most 8. */
  readonly words: readonly string[]
  /** Words that must begin a word of the named attribute, such as `department`; names as in PersonAttributes. At most 4. */
  readonly criteria: Readonly<Record<string, readonly string[]>>
  /** Only people who are below this container, or whose attribute has this very value. */
  readonly within?: { readonly unit: string } | { readonly attribute: string; readonly value: string }
  /** 1 to 100. */
  readonly limit: number
}

/** Somebody who was found; whoever shows it releases only what policy allows. */
export interface Person {
  readonly node: LogicalUrl
  readonly displayName: string
  readonly mail?: string
  readonly unit?: string
  readonly attributes: PersonAttributes
}

export interface PeopleFound {
  /** Best first: names that begin with the first word, then by display name. */
  readonly people: readonly Person[]
  /** Whether there are more than `limit`. */
  readonly more: boolean
}

/** Finds people by the beginnings of words of their names, in the directory map. */
export interface People {
  /** Bounded in time and memory whatever the query: too broad a one finds some, and says `more`. Rejects with UnavailableError. */
  search(query: PeopleQuery): Promise<PeopleFound>
  /** What is known of a user; undefined when there is none. */
  person(node: LogicalUrl): Promise<Person | undefined>
}
