import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { UsersFileError } from './users-file-error.ts'
import { type UsersContent, usersContent } from './users-schema.ts'

/** A users file that was read: its meaning, and the document that keeps comments and order. */
export interface ParsedUsers {
  readonly content: UsersContent
  readonly document: Document
}

/** Reads a users file. Throws UsersFileError that names every mistake with its line, and no verifier. */
export function parseUsers(text: string, path: string): ParsedUsers {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, logLevel: 'silent' })
  if (document.errors.length > 0) {
    const mistakes = document.errors.map(({ pos, message }) => `line ${lineCounter.linePos(pos[0]).line}: ${message}`)
    throw mistakesError(path, mistakes)
  }
  const result = usersContent.safeParse(plainValueOf(document, path) ?? {})
  if (result.success) return { content: result.data, document }
  const mistakes = result.error.issues.flatMap((issue) => {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [undefined]
    return keys.map((key) => {
      const place = key === undefined ? issue.path : [...issue.path, key]
      const message = key === undefined ? issue.message : 'is not known here'
      return `line ${lineOf(document, place, lineCounter)}: ${nameOf(place)} ${message}`
    })
  })
  throw mistakesError(path, mistakes)
}

function plainValueOf(document: Document, path: string): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    // An alias without its anchor, or aliases that would expand without end.
    throw mistakesError(path, [cause instanceof Error ? cause.message : String(cause)])
  }
}

function mistakesError(path: string, mistakes: readonly string[]): UsersFileError {
  return new UsersFileError([`${path} cannot be used:`, ...mistakes.map((mistake) => `  ${mistake}`)].join('\n'))
}

/** The line of the innermost thing on the way to `place` that is there. */
function lineOf(document: Document, place: readonly PropertyKey[], lineCounter: LineCounter): number {
  for (let depth = place.length; depth > 0; depth--) {
    const node = document.getIn(place.slice(0, depth), true)
    if (isNode(node) && node.range) return lineCounter.linePos(node.range[0]).line
  }
  return 1
}

function nameOf(place: readonly PropertyKey[]): string {
  const name = place.reduce<string>((text, part) => {
    return typeof part === 'number' ? `${text}[${part}]` : `${text}.${String(part)}`
  }, '')
  return name === '' ? 'the file' : name.replace(/^\./, '')
}
