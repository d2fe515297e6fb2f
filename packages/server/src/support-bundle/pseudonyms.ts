import { createHmac, randomBytes } from 'node:crypto'

/** Stands in for names of people: the same for the same name within a bundle, and of no use to whoever has not made it. */
export class Pseudonyms {
  readonly #key = randomBytes(32)
  readonly #known = new Set<string>()
  readonly #made = new Set<string>()

  /** Makes `name` known, so that `inText` finds it. */
  add(name: string): void {
    if (name.length > 1) this.#known.add(name.toLowerCase())
  }

  /** What is written for a person's alias, account or display name; upper and lower case are the same. */
  of(name: string): string {
    // What has been replaced may be looked at again.
    if (this.#made.has(name)) return name
    this.add(name)
    const pseudonym = `person-${createHmac('sha256', this.#key).update(name.toLowerCase()).digest('hex').slice(0, 10)}`
    this.#made.add(pseudonym)
    return pseudonym
  }

  /** The same for an address of the network. */
  ofAddress(address: string): string {
    return `address-${createHmac('sha256', this.#key).update(address).digest('hex').slice(0, 10)}`
  }

  /** `text` with pseudonyms in place of every word that is a known name. */
  inText(text: string): string {
    return text.replace(/[\p{L}\p{N}][\p{L}\p{N}._-]*/gu, (word) => {
      if (this.#known.has(word.toLowerCase())) return this.of(word)
      const bare = word.replace(/[._-]+$/, '')
      return this.#known.has(bare.toLowerCase()) ? `${this.of(bare)}${word.slice(bare.length)}` : word
    })
  }
}
