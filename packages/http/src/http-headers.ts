import type { HttpHeaders } from './http-message.ts'

/**
 * The header fields of one request as offsets into the text of its head: nothing is cut out or lower-cased before somebody asks.
 * A value keeps the whole head in memory: who stores one for long stores a copy.
 */
export class FlatHeaders implements HttpHeaders {
  readonly #text: string
  /** For each field: start and end of its name, start and end of its trimmed value. */
  readonly #offsets: readonly number[]

  constructor(text: string, offsets: readonly number[]) {
    this.#text = text
    this.#offsets = offsets
  }

  get(name: string): string | undefined {
    for (let field = 0; field < this.#offsets.length; field += 4) {
      if (this.#isNamed(field, name)) return this.#value(field)
    }
    return undefined
  }

  all(name: string): readonly string[] {
    const values: string[] = []
    for (let field = 0; field < this.#offsets.length; field += 4) {
      if (this.#isNamed(field, name)) values.push(this.#value(field))
    }
    return values
  }

  /** Every field as sent, in order. */
  *entries(): Generator<readonly [string, string]> {
    for (let field = 0; field < this.#offsets.length; field += 4) {
      yield [this.#text.slice(this.#offsets[field], this.#offsets[field + 1]), this.#value(field)]
    }
  }

  #value(field: number): string {
    return this.#text.slice(this.#offsets[field + 2], this.#offsets[field + 3])
  }

  #isNamed(field: number, name: string): boolean {
    const start = this.#offsets[field] as number
    if ((this.#offsets[field + 1] as number) - start !== name.length) return false
    for (let index = 0; index < name.length; index++) {
      let code = this.#text.charCodeAt(start + index)
      if (code >= 65 && code <= 90) code += 32
      if (code !== name.charCodeAt(index)) return false
    }
    return true
  }
}
