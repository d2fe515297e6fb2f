/**
 * The parts of a distinguished name (RFC 4514), innermost first, in one spelling: lower case, one space where several were, escapes
 * resolved where they need not be. Two names of an entry are equal if their parts are. Undefined for what is no name.
 */
export function dnParts(dn: string): readonly string[] | undefined {
  const parts = splitAt(dn, ',')
  if (dn.trim() === '') return []
  const normal = parts.map((part) => {
    const assertions = splitAt(part, '+').map(normalAssertion)
    return assertions.includes(undefined) ? undefined : assertions.sort().join('+')
  })
  return normal.every((part) => part !== undefined) ? normal : undefined
}

/** A name in its one spelling; as it is, in lower case, when it is none. */
export function normalDn(dn: string): string {
  return dnParts(dn)?.join(',') ?? dn.toLowerCase()
}

/** The name of the entry above, in its one spelling; undefined at the top. */
export function parentDn(dn: string): string | undefined {
  const parts = dnParts(dn)
  return parts === undefined || parts.length < 2 ? undefined : parts.slice(1).join(',')
}

/** Whether an entry is the base or below it. */
export function isWithin(dn: string, base: string): boolean {
  const [inner, outer] = [normalDn(dn), normalDn(base)]
  return inner === outer || outer === '' || inner.endsWith(`,${outer}`)
}

/** Cuts at separators that are neither escaped nor in quotes. */
function splitAt(text: string, separator: string): string[] {
  const parts: string[] = []
  let [start, quoted] = [0, false]
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') quoted = !quoted
    else if (text[at] === separator && !quoted) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}

function normalAssertion(text: string): string | undefined {
  const equals = text.indexOf('=')
  if (equals < 1) return undefined
  const type = text.slice(0, equals).trim().toLowerCase()
  const value = unescaped(trimmed(text.slice(equals + 1)))
  return `${type}=${value
    .toLowerCase()
    .trim()
    .replace(/\s+/g, ' ')
    .replace(/[,+"\\<>;=]/g, '\\$&')}`
}

/** NOTE: a space at the end that is escaped belongs to the value; it means nothing for what is equal. */
function trimmed(text: string): string {
  return text.replace(/^\s+/, '').replace(/(?<!\\)\s+$/, '')
}

function unescaped(value: string): string {
  const plain = /^".*"$/s.test(value) ? value.slice(1, -1) : value
  return plain.replace(/(?:\\[0-9A-Fa-f]{2})+|\\(.)/gs, (bytes, character?: string) =>
    character === undefined ? Buffer.from(bytes.replaceAll('\\', ''), 'hex').toString('utf8') : character,
  )
}
