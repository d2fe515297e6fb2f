import { hash } from 'node:crypto'

const leastSlots = 1_024

/**
 * Numbers by text in 16 to 32 bytes an entry, whatever the texts are: of each only 64 bits of a hash are kept.
 *
 * NOTE: two of 4,000,000 texts have the same mark once in a million such tables. What is looked up here is either asked for again by
 * its text, or keeps somebody waiting who is reported.
 */
export class MarkTable {
  #marks = new Uint32Array(2 * leastSlots)
  /** The number plus one; 0 is an empty slot. */
  #numbers = new Uint32Array(leastSlots)
  #size = 0

  get size(): number {
    return this.#size
  }

  has(text: string): boolean {
    return this.get(text) !== undefined
  }

  get(text: string): number | undefined {
    const { high, low } = markOf(text)
    const number = this.#numbers[this.#slotOf(high, low)] ?? 0
    return number === 0 ? undefined : number - 1
  }

  /** `number` is 0 to 4,294,967,294. */
  set(text: string, number: number): void {
    if (4 * (this.#size + 1) > 3 * this.#numbers.length) this.#grow()
    const { high, low } = markOf(text)
    this.#put(high, low, number + 1)
  }

  #put(high: number, low: number, stored: number): void {
    const slot = this.#slotOf(high, low)
    if (this.#numbers[slot] === 0) this.#size += 1
    this.#marks[2 * slot] = high
    this.#marks[2 * slot + 1] = low
    this.#numbers[slot] = stored
  }

  /** Where the mark is, or would be. */
  #slotOf(high: number, low: number): number {
    const last = this.#numbers.length - 1
    let slot = low & last
    while (this.#numbers[slot] !== 0 && (this.#marks[2 * slot] !== high || this.#marks[2 * slot + 1] !== low)) {
      slot = (slot + 1) & last
    }
    return slot
  }

  #grow(): void {
    const [marks, numbers] = [this.#marks, this.#numbers]
    this.#marks = new Uint32Array(2 * marks.length)
    this.#numbers = new Uint32Array(2 * numbers.length)
    this.#size = 0
    numbers.forEach((stored, slot) => {
      if (stored !== 0) this.#put(marks[2 * slot] ?? 0, marks[2 * slot + 1] ?? 0, stored)
    })
  }
}

/** A number that is the same for the same text only, as far as that can be told by 52 bits. */
export function markNumber(text: string): number {
  const { high, low } = markOf(text)
  return (high >>> 12) * 2 ** 32 + low
}

function markOf(text: string): { high: number; low: number } {
  // NOTE: a short text is garbage that costs little; a buffer of its own would be kept until the next full collection.
  const digest = hash('sha256', text, 'hex')
  return { high: Number.parseInt(digest.slice(0, 8), 16), low: Number.parseInt(digest.slice(8, 16), 16) }
}
