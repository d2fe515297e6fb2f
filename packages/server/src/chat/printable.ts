const maxLength = 4000

// CSI, OSC and the other escape sequences of a terminal; an unfinished one ends with the text.
const escapeSequence = /\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~]?)/g
// C0 without line feed and tab, DEL and C1, and what turns the direction of writing or hides text (joiners stay: scripts and emoji need them).
const invisible = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g

/**
 * Text from elsewhere, made harmless for a terminal: it can neither move the cursor, change the title, nor pretend to be
 * another line than its own. Line feeds stay, for the caller to indent.
 */
export function printable(text: string): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  return cut
    .replace(/\r\n?|\u2028|\u2029|\x85/g, '\n')
    .replace(escapeSequence, '')
    .replace(invisible, '')
    .replace(/\t/g, ' ')
    .trimEnd()
}

/** The same, on one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/\s+/g, ' ').trim()
}
