import { BadRequestError } from './rvp-error.ts'

/** The payload of an instant message (RVP §10): headers in their order, unfolded; the rest as sent. */
export interface MimePayload {
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** What a payload is for (RVP §10; client-facts §1.8). `join` announces a party of a conversation. */
export type PayloadKind = 'text' | 'typing' | 'join' | 'leave' | 'invitation' | 'other'

const maxHeaders = 64
const maxLineLength = 4096
const fieldPattern = /^([!-9;-~]+)[ \t]*:[ \t]*(.*)$/s

/** Reads a payload; lines end in CRLF or LF, and what is no header field is passed over. Throws BadRequestError. */
export function parseMimePayload(text: string): MimePayload {
  const { lines, body } = split(text)
  return { headers: lines.map(readField), body }
}

/** The first value of a header, its name in any case. */
export function payloadHeader({ headers }: MimePayload, name: string): string | undefined {
  const wanted = name.toLowerCase()
  return headers.find(([given]) => given.toLowerCase() === wanted)?.[1]
}

/**
 * A payload that crashes nobody: one header a line, ended by CRLF, among them a Session-Id and a Content-Type, without which
 * librvp crashes and others refuse it (client-facts §5, 30 to 32). All else stays byte for byte. Throws BadRequestError.
 */
export function repairMimePayload(text: string, sessionIdIfMissing: () => string): string {
  const { lines, body } = split(text)
  const headers = lines.map(readField)
  const required = [
    ['Content-Type', () => 'text/plain; charset=UTF-8'],
    ['Session-Id', sessionIdIfMissing],
  ] as const
  const missing = required.filter(([name]) => !payloadHeader({ headers, body }, name))
  if (missing.length === 0) return joinPayload(lines, body)
  const empty = new RegExp(`^(?:${missing.map(([name]) => name).join('|')})[ \\t]*:[ \\t]*$`, 'i')
  const added = missing.map(([name, value]) => `${name}: ${value()}`)
  return joinPayload([...lines.filter((line) => !empty.test(line)), ...added], body)
}

/** What a payload is for; one without a Content-Type is text. */
export function payloadKindOf(payload: MimePayload): PayloadKind {
  const type = (payloadHeader(payload, 'Content-Type') ?? 'text/plain').toLowerCase().split(';', 1)[0]?.trim()
  switch (type) {
    case 'text/plain':
      return 'text'
    case 'text/x-msmsgscontrol':
    // RVP §10.2 spells it so.
    case 'text/x-msmsscontrol':
      return payloadHeader(payload, 'TypingUser') === undefined ? 'join' : 'typing'
    case 'text/x-imleave':
      return 'leave'
    case 'text/x-msmsgsinvite':
      return 'invitation'
    default:
      return 'other'
  }
}

/** A header block and what follows it. */
export function joinPayload(lines: readonly string[], body: string): string {
  return `${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`
}

function readField(line: string): readonly [string, string] {
  const [, name = '', value = ''] = fieldPattern.exec(line) ?? []
  return [name, value.trim()]
}

/** The header fields, each on one line, and all that comes after the blank line. */
function split(text: string): { lines: readonly string[]; body: string } {
  // RVP §10.1 begins a payload with a line end.
  const trimmed = text.replace(/^[ \t\r\n]+/, '')
  const blank = /\r?\n\r?\n/.exec(trimmed)
  const block = blank ? trimmed.slice(0, blank.index) : trimmed.replace(/\r?\n$/, '')
  const raw = block.split(/\r?\n/, maxHeaders + 1)
  // Text without any header at all is a body.
  if (!raw.some(isField)) return { lines: [], body: text }
  if (raw.length > maxHeaders) throw new BadRequestError('message has too many header lines')
  if (raw.some((line) => line.length > maxLineLength)) throw new BadRequestError('message has too long a header line')
  return {
    lines: unfolded(raw).filter(isField).map(tidied),
    body: blank ? trimmed.slice(blank.index + blank[0].length) : '',
  }
}

/** NOTE: a line that goes on in the next (RFC 822 §3.1.1) is made one: none of the real clients joins them. */
function unfolded(raw: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (const line of raw) {
    if (/^[ \t]/.test(line)) lines.push(`${lines.pop() ?? ''} ${line.trim()}`)
    else lines.push(line)
  }
  return lines
}

/** NOTE: not every reader knows a name with blanks behind it, and some take a lone CR for a line end (client-facts §5, 31). */
function tidied(line: string): string {
  return line.replace(/^([!-9;-~]+)[ \t]+:/, '$1:').replace(/\r/g, ' ')
}

function isField(line: string): boolean {
  return fieldPattern.test(line)
}
