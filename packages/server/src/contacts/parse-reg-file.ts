import { ContactsError } from './contacts-error.ts'
import { type RegData, type RegFile, type RegKey, type RegValue, regHeaders } from './reg-file.ts'

const maxKeys = 500_000
const maxValues = 1_000_000
/** Characters of a hex: value; the registry's own bound is 1 MB. */
const maxHexLength = 1 << 22

interface OpenKey extends RegKey {
  readonly values: RegValue[]
}

/** Reads a `.reg` file as Windows writes it, with any line ends. Throws ContactsError with the number of the line. */
export function parseRegFile(text: string): RegFile {
  return new RegReader(text).read()
}

/** Whether the text begins as a `.reg` file does. */
export function looksLikeRegFile(text: string): boolean {
  return /^\ufeff?\s*(?:REGEDIT|Windows Registry Editor)/.test(text.slice(0, 200))
}

/** Walks once over the text; every step moves on. */
class RegReader {
  readonly #text: string
  #at = 0
  #line = 1
  #values = 0

  constructor(text: string) {
    this.#text = text.replace(/^\ufeff/, '')
  }

  read(): RegFile {
    const version = this.#version()
    const keys: OpenKey[] = []
    while (this.#skipBlank()) {
      const line = this.#line
      if (this.#text[this.#at] === '[') {
        if (keys.length === maxKeys) throw this.#mistake(`there are more than ${maxKeys} keys`)
        keys.push({ ...this.#key(this.#restOfLine()), line })
        continue
      }
      const key = keys.at(-1)
      if (!key) throw this.#mistake('a value stands before the first key')
      if (key.removed) throw this.#mistake('a value stands below a key that is removed')
      this.#values += 1
      if (this.#values > maxValues) throw this.#mistake(`there are more than ${maxValues} values`)
      key.values.push(this.#value())
    }
    return { version, keys }
  }

  #version(): 4 | 5 {
    this.#skipBlank()
    const first = this.#restOfLine().trim()
    if (first === regHeaders[5]) return 5
    if (first === regHeaders[4]) return 4
    throw new ContactsError(`line 1: a .reg file begins with "${regHeaders[5]}" or "${regHeaders[4]}"`)
  }

  #key(line: string): Omit<OpenKey, 'line'> {
    // NOTE: names of keys may hold a bracket, so that the last one counts.
    const end = line.lastIndexOf(']')
    if (end < 0) throw this.#mistake('the name of the key has no closing bracket')
    if (!isBlank(line.slice(end + 1))) throw this.#mistake('something follows the name of the key')
    const removed = line[1] === '-'
    const path = line.slice(removed ? 2 : 1, end)
    if (path === '') throw this.#mistake('the key has no name')
    return { path, removed, values: [] }
  }

  #value(): RegValue {
    const line = this.#line
    const name = this.#name()
    this.#skipSpace()
    if (this.#text[this.#at] !== '=') throw this.#mistake('no = follows the name of the value')
    this.#at += 1
    this.#skipSpace()
    const data = this.#text[this.#at] === '"' ? this.#stringData() : this.#wordData()
    return { name, data, line }
  }

  #name(): string {
    const character = this.#text[this.#at]
    if (character === '"') return this.#quoted()
    if (character !== '@') throw this.#mistake('neither a key in brackets nor a value in quotes')
    this.#at += 1
    return ''
  }

  #stringData(): RegData {
    const text = this.#quoted()
    if (!isBlank(this.#restOfLine())) throw this.#mistake('something follows the closing quote')
    return { kind: 'string', text }
  }

  /** Text in quotes, in which a backslash guards the next character; it may go on over lines, as Windows writes it. */
  #quoted(): string {
    const line = this.#line
    const special = /["\\]/g
    const parts: string[] = []
    let from = this.#at + 1
    for (;;) {
      special.lastIndex = from
      const at = special.exec(this.#text)?.index
      if (at === undefined) throw new ContactsError(`line ${line}: the quote is never closed`)
      parts.push(this.#text.slice(from, at))
      if (this.#text[at] === '"') {
        this.#moveTo(at + 1)
        return parts.join('')
      }
      parts.push(this.#text.slice(at + 1, at + 2))
      from = at + 2
    }
  }

  #wordData(): RegData {
    const text = withoutComment(this.#continuedLine()).trim()
    if (text === '-') return { kind: 'removed' }
    const dword = /^dword:([0-9a-f]{1,8})$/i.exec(text)?.[1]
    if (dword !== undefined) return { kind: 'dword', number: Number.parseInt(dword, 16) }
    const [start, type] = /^hex(?:\(([0-9a-f]{1,8})\))?:/i.exec(text) ?? []
    if (start === undefined) throw this.#mistake('the value is neither text in quotes, nor dword:, nor hex:')
    const bytes = this.#bytes(text.slice(start.length))
    return { kind: 'hex', type: type === undefined ? 3 : Number.parseInt(type, 16), bytes }
  }

  #bytes(list: string): Uint8Array {
    if (list.length > maxHexLength) throw this.#mistake('hex: has too many bytes')
    const digits = list.split(',').map((part) => part.trim())
    // Windows leaves a comma behind where nothing follows.
    if (digits.at(-1) === '') digits.pop()
    if (digits.some((part) => !/^[0-9a-f]{1,2}$/i.test(part))) throw this.#mistake('hex: has something that is no byte')
    return Uint8Array.from(digits, (part) => Number.parseInt(part, 16))
  }

  /** The rest of the line, and of those that a backslash at the end joins to it. */
  #continuedLine(): string {
    const parts: string[] = []
    for (;;) {
      const part = this.#restOfLine().trimEnd()
      const goesOn = part.endsWith('\\')
      parts.push(goesOn ? part.slice(0, -1) : part)
      if (!goesOn || this.#at >= this.#text.length) return parts.join('')
      this.#moveTo(this.#at + lineEndLength(this.#text, this.#at))
    }
  }

  /** Moves over blank lines and comments to something else; false at the end of the file. */
  #skipBlank(): boolean {
    let at = this.#at
    for (; at < this.#text.length; at++) {
      const character = this.#text.charAt(at)
      if (character === ';') at = lineEnd(this.#text, at)
      else if (character !== '\0' && character.trim() !== '') break
    }
    this.#moveTo(Math.min(at, this.#text.length))
    return this.#at < this.#text.length
  }

  #skipSpace(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#at += 1
  }

  #restOfLine(): string {
    const end = lineEnd(this.#text, this.#at)
    const rest = this.#text.slice(this.#at, end)
    this.#at = end
    return rest
  }

  #moveTo(at: number): void {
    const ends = /\r\n|\r|\n/g
    ends.lastIndex = this.#at
    for (let end = ends.exec(this.#text); end && end.index < at; end = ends.exec(this.#text)) this.#line += 1
    this.#at = at
  }

  #mistake(what: string): ContactsError {
    return new ContactsError(`line ${this.#line}: ${what}`)
  }
}

/** Where the line ends that `at` is in. */
function lineEnd(text: string, at: number): number {
  const end = /[\r\n]/g
  end.lastIndex = at
  return end.exec(text)?.index ?? text.length
}

function lineEndLength(text: string, at: number): number {
  return text.startsWith('\r\n', at) ? 2 : 1
}

/** Whether nothing is there but a comment. */
function isBlank(rest: string): boolean {
  return withoutComment(rest).trim() === ''
}

function withoutComment(text: string): string {
  const at = text.indexOf(';')
  return at < 0 ? text : text.slice(0, at)
}
