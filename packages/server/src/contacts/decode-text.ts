import { ContactsError } from './contacts-error.ts'

/** Contacts of some thousand users, and small enough to hold in memory several times. */
export const maxFileBytes = 32 * 1024 * 1024

/**
 * The text of a contact file: UTF-16 or UTF-8 by its byte order mark; without one a REGEDIT4 file is in the code page
 * `encoding` (a label of the WHATWG Encoding Standard), any other in UTF-8 if it can be. Throws ContactsError.
 */
export function decodeText(bytes: Uint8Array, encoding: string): string {
  if (bytes.length > maxFileBytes) throw new ContactsError(`the file is larger than ${maxFileBytes} bytes`)
  const [first, second, third] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  if (first === 0xef && second === 0xbb && third === 0xbf) return new TextDecoder().decode(bytes)
  // Some tools leave the mark out; every kind of contact file begins with an ASCII character.
  if (bytes.length > 1 && first !== 0 && second === 0) return new TextDecoder('utf-16le').decode(bytes)
  if (Buffer.from(bytes.subarray(0, 8)).toString('latin1') === 'REGEDIT4') return codePage(encoding).decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return codePage(encoding).decode(bytes)
  }
}

/** The decoder of a code page. Throws ContactsError for a name that nobody knows. */
export function codePage(encoding: string): TextDecoder {
  try {
    return new TextDecoder(encoding)
  } catch (cause) {
    throw new ContactsError(`there is no encoding ${encoding}; name one such as windows-1252 or windows-1251`, {
      cause,
    })
  }
}

/** `text` in a code page of single bytes. Throws ContactsError for a character that has no such byte. */
export function encodeCodePage(text: string, encoding: string): Buffer {
  const decoder = codePage(encoding)
  const bytes = new Map<string, number>()
  for (let byte = 0; byte < 256; byte++) {
    const character = decoder.decode(Uint8Array.of(byte))
    if (character !== '\ufffd') bytes.set(character, byte)
  }
  return Buffer.from(
    Array.from(text, (character) => {
      const byte = bytes.get(character)
      if (byte !== undefined) return byte
      throw new ContactsError(
        `${encoding} has no ${JSON.stringify(character)}; use --format reg, which has every character`,
      )
    }),
  )
}
