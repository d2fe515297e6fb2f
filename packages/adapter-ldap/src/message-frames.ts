import { BerError, readHeader } from './ber-cursor.ts'

/** Of a page of entries each is a message of its own; no attribute that we ask for is near this size. */
const largestMessage = 8 * 1024 * 1024

/** Cuts what a connection brings into LDAP messages. */
export class MessageFrames {
  #chunks: Buffer[] = []
  #size = 0
  /** As many bytes must be there before it is worth looking again. */
  #wanted = 1

  /** The messages that are complete now. Throws BerError for one that is too large, or is none. */
  push(chunk: Buffer): Buffer[] {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    // NOTE: the pieces of a large message are joined once, when all are there; joining with each takes time by the square.
    if (this.#size < this.#wanted) return []
    const bytes = Buffer.concat(this.#chunks)
    const messages: Buffer[] = []
    let at = 0
    let end = endOf(bytes, at)
    while (end !== undefined && end <= bytes.length) {
      messages.push(bytes.subarray(at, end))
      at = end
      end = endOf(bytes, at)
    }
    this.#chunks = [bytes.subarray(at)]
    this.#size = bytes.length - at
    this.#wanted = end === undefined ? this.#size + 1 : end - at
    return messages
  }
}

/** Where the message that begins at `at` ends; undefined when too little of it is there to say. */
function endOf(bytes: Buffer, at: number): number | undefined {
  if (at < bytes.length && bytes[at] !== 0x30) throw new BerError('what answers does not speak LDAP')
  const end = readHeader(bytes, at)?.end
  if (end !== undefined && end - at > largestMessage) throw new BerError('a message is larger than 8 MiB')
  return end
}
