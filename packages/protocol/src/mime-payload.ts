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
  const headers: [string, string][] = []
  for (const line of lines) {
    const last = headers.at(-1)
    if (/^[ \t]/.test(line)) {
      if (last) last[1] = `${last[1]} ${line.trim()}`.trim()
      continue
    }
    const field = fieldPattern.exec(line)
    if (field) headers.push([field[1] ?? '', (field[2] ?? '').trim()])
  }
  return { headers, body }
}

/** The first value of a header, its name in any case. */
export function payloadHeader({ headers }: MimePayload, name: string): string | undefined {
  const wanted = name.toLowerCase()
  return headers.find(([given]) => given.toLowerCase() === wanted)?.[1]
}

/**
 * A payload that crashes nobody: header lines end in CRLF, and there is a Session-Id and a Content-Type, without which
 * librvp crashes and others refuse it (client-facts §5, 30 to 32). All else stays byte for byte. Throws BadRequestError.
 */
export function repairMimePayload(text: string, sessionIdIfMissing: string): string {
  const { lines, body } = split(text)
  const { headers } = parseMimePayload(text)
  const missing: [string, string][] = []
  for (const [name, value] of [
    ['Content-Type', 'text/plain; charset=UTF-8'],
    ['Session-Id', sessionIdIfMissing],
  ] as const) {
    const present = payloadHeader({ headers, body }, name)
    if (present === undefined || present === '') missing.push([name, value])
  }
  const emptyField = new RegExp(`^(?:${missing.map(([name]) => name).join('|')})[ \\t]*:[ \\t]*$`, 'i')
  const kept = missing.length === 0 ? lines : lines.filter((line) => !emptyField.test(line))
  return joinPayload([...kept, ...missing.map(([name, value]) => `${name}: ${value}`)], body)
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

/** Header lines as they are, folded ones apart, and all that comes after the blank line. */
function split(text: string): { lines: readonly string[]; body: string } {
  // RVP §10.1 begins a payload with a line end.
  const trimmed = text.replace(/^[ \t\r\n]+/, '')
  const blank = /\r?\n\r?\n/.exec(trimmed)
  const block = blank ? trimmed.slice(0, blank.index) : trimmed.replace(/(?:\r?\n)+$/, '')
  const lines = block.split(/\r?\n/, maxHeaders + 1)
  // Text without any header at all is a body.
  if (!lines.some((line) => fieldPattern.test(line))) return { lines: [], body: text }
  if (lines.length > maxHeaders) throw new BadRequestError('message has too many header lines')
  if (lines.some((line) => line.length > maxLineLength)) throw new BadRequestError('message has too long a header line')
  return {
    lines: lines.filter((line) => /^[ \t]/.test(line) || fieldPattern.test(line)),
    body: blank ? trimmed.slice(blank.index + blank[0].length) : '',
  }
}
