/** What a directory sent is not BER (X.690 §8), or not what LDAP has in its place. */
export class BerError extends Error {
  override readonly name = 'BerError'
}

/**
 * Reads BER elements one after the other. Every length is checked against what is there: whatever bytes a directory sends, this
 * ends, with a BerError at worst.
 *
 * NOTE: the reader of ldapts is not used for what comes from outside: a value longer than its message lets it go round for ever.
 */
export class BerCursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  /** The tag of the next element; undefined at the end. */
  get tag(): number | undefined {
    return this.#bytes[this.#at]
  }

  /** The content of the next element, which must have this tag. */
  take(tag: number): Buffer {
    if (this.tag !== tag)
      throw new BerError(`expected 0x${tag.toString(16)}, found ${this.tag?.toString(16) ?? 'the end'}`)
    return this.takeAny()
  }

  /** The content of the next element, whatever it is. */
  takeAny(): Buffer {
    const header = readHeader(this.#bytes, this.#at)
    if (header === undefined || header.end > this.#bytes.length)
      throw new BerError('an element is longer than its message')
    this.#at = header.end
    return this.#bytes.subarray(header.start, header.end)
  }

  /** Reads on inside of the next element. */
  inside(tag: number): BerCursor {
    return new BerCursor(this.take(tag))
  }

  /** An INTEGER or ENUMERATED of at most 32 bits. */
  integer(tag = 0x02): number {
    const content = this.take(tag)
    if (content.length === 0 || content.length > 4) throw new BerError('not an integer of 32 bits')
    return content.readIntBE(0, content.length)
  }

  text(tag = 0x04): string {
    return this.take(tag).toString('utf8')
  }
}

/** Where the content of an element that begins at `at` starts and ends; undefined when not even its length is there yet. */
export function readHeader(bytes: Buffer, at: number): { readonly start: number; readonly end: number } | undefined {
  const first = bytes[at + 1]
  if (first === undefined) return undefined
  if (first < 0x80) return { start: at + 2, end: at + 2 + first }
  const size = first & 0x7f
  if (size === 0 || size > 4) throw new BerError('a length of more than four bytes, or of unknown size')
  if (bytes.length < at + 2 + size) return undefined
  const start = at + 2 + size
  return { start, end: start + bytes.readUIntBE(at + 2, size) }
}
