import type { SourceId, SourceProblem } from '@parley/domain'
import { type LdapEntry, valuesOf } from './ldap-entry.ts'

/** Nothing that people read is near this size: a value above it is somebody's mistake. */
const longestBytes = 4096
/** Addresses and account names of one user that are looked at. */
const mostValues = 64

/** Reads the attributes of one entry as text, and notes what is wrong with them. */
export class EntryText {
  readonly problems: SourceProblem[] = []
  readonly #entry: LdapEntry
  readonly #id: SourceId | undefined

  constructor(entry: LdapEntry, id: SourceId | undefined) {
    this.#entry = entry
    this.#id = id
  }

  get dn(): string {
    return this.#entry.dn
  }

  /** Notes a problem; what is not a sentence's worth of an attribute's value is put by `shown`. */
  problem(what: string): void {
    const { dn: origin } = this.#entry
    this.problems.push(this.#id === undefined ? { origin, what } : { id: this.#id, origin, what })
  }

  /** The first value of an attribute; undefined when there is none, or none that is text: then that is noted. */
  one(attribute: string | undefined): string | undefined {
    return this.#texts(attribute, 1)[0]
  }

  /** All values that are text; those that are none, and too many, are noted. */
  all(attribute: string | undefined): readonly string[] {
    return this.#texts(attribute, mostValues)
  }

  /** How many values there are. */
  count(attribute: string | undefined): number {
    return attribute === undefined ? 0 : valuesOf(this.#entry, attribute).length
  }

  #texts(attribute: string | undefined, most: number): string[] {
    if (attribute === undefined) return []
    const values = valuesOf(this.#entry, attribute)
    if (most > 1 && values.length > most)
      this.problem(`${attribute} has ${values.length} values, of which only the first ${most} are used: remove some`)
    return values.slice(0, most).flatMap((value) => this.#text(attribute, value) ?? [])
  }

  #text(attribute: string, value: Buffer): string | undefined {
    if (value.length > longestBytes) {
      this.problem(`${attribute} is ${value.length} bytes long and is not used: shorten it to ${longestBytes} at most`)
      return undefined
    }
    const text = decode(value)
    if (text === undefined) {
      this.problem(`${attribute} is not text (no valid UTF-8, or with control characters) and is not used: correct it`)
      return undefined
    }
    return text.trim() === '' ? undefined : text.trim().normalize('NFC')
  }
}

/** At most `most` characters of a text, no half of one among them. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '')
}

/** A value for a sentence that people read. */
export function shown(value: string): string {
  return JSON.stringify(value.length > 64 ? `${cut(value, 64)}…` : value)
}

function decode(value: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(value)
    return /\p{Cc}/u.test(text.trim()) ? undefined : text
  } catch {
    return undefined
  }
}
