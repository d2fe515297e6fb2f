import type { LogicalUrl } from '@parley/protocol'
import { ContactsError } from './contacts-error.ts'
import { type FoundProfiles, nodeInFile, type Profile, ProfileBuilder, userInFile } from './profile.ts'

const columns = ['user', 'contact', 'displayName', 'group'] as const
const maxRows = 1_000_000

interface Row {
  readonly line: number
  readonly cells: readonly string[]
}

/** Whether the text begins as `writeCsvProfiles` does. */
export function looksLikeCsv(text: string): boolean {
  return text.replace(/^\ufeff/, '').startsWith(columns.join(','))
}

/** Reads what `writeCsvProfiles` writes. Throws ContactsError with the number of the line. */
export function readCsvProfiles(text: string): FoundProfiles {
  const [head, ...rows] = parseCsv(text.replace(/^\ufeff/, ''))
  if (head?.cells.join() !== columns.join()) throw new ContactsError(`line 1: the columns must be ${columns.join(',')}`)
  const lists = new Map<LogicalUrl, ProfileBuilder>()
  const ignored: string[] = []
  for (const { line, cells } of rows) {
    if (cells.length !== columns.length) throw new ContactsError(`line ${line}: not ${columns.length} columns`)
    const [userText = '', contactText = '', displayName = '', group = ''] = cells.map(withoutGuard)
    const user = userInFile(userText)
    if (!user) {
      ignored.push(`line ${line}: ${JSON.stringify(userText)} is not the URL of a user`)
      continue
    }
    const list = lists.get(user) ?? new ProfileBuilder()
    lists.set(user, list)
    const contact = nodeInFile(contactText)
    if (contact) list.addContact(contact, displayName, group)
    else if (contactText === '') list.addGroup(group)
    else ignored.push(`line ${line}: ${JSON.stringify(contactText)} is not the URL of a contact`)
  }
  return { profiles: [...lists].map(([user, { list }]) => ({ user, list })), ignored }
}

/**
 * Profiles as CSV (RFC 4180) for a spreadsheet: first the groups of a user, a row each, so that they keep their order; then a row
 * for each contact and group it is in. A user without contacts has one row with nothing else.
 */
export function writeCsvProfiles(profiles: readonly Profile[]): string {
  const rows = profiles.flatMap(({ user, list }) => [
    ...(list.groups.length + list.contacts.length === 0 ? [[user, '', '', '']] : []),
    ...list.groups.map((group) => [user, '', '', group]),
    ...list.contacts.flatMap(({ href, displayName, groups }) =>
      (groups.length > 0 ? groups : ['']).map((group) => [user, href, displayName, group]),
    ),
  ])
  return [columns, ...rows].map((cells) => `${cells.map((cell) => quoted(withGuard(cell))).join(',')}\r\n`).join('')
}

// NOTE: spreadsheets run cells that begin so as formulas, and names come from other people.
const formula = /^'*[=+\-@\t\r]/
const guardedFormula = /^'+[=+\-@\t\r]/

function withGuard(cell: string): string {
  return formula.test(cell) ? `'${cell}` : cell
}

function withoutGuard(cell: string): string {
  return guardedFormula.test(cell) ? cell.slice(1) : cell
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}

/** Rows with their cells; blank lines are left out. Throws ContactsError. */
function parseCsv(text: string): Row[] {
  const rows: Row[] = []
  let cells: string[] = []
  let line = 1
  let start = 1
  let at = 0
  while (at < text.length || cells.length > 0) {
    const end = cellEnd(text, at, line)
    const cell = text.slice(at, end)
    cells.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell)
    line += cell.split('\n').length - 1
    at = end + 1
    if (text[end] === ',') continue
    if (text.startsWith('\r\n', end)) at += 1
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: start, cells })
    if (rows.length > maxRows) throw new ContactsError(`there are more than ${maxRows} rows`)
    cells = []
    line += 1
    start = line
  }
  return rows
}

/** Where the cell that begins at `at` ends. */
function cellEnd(text: string, at: number, line: number): number {
  const separator = /[,\r\n]/g
  separator.lastIndex = at
  if (text[at] !== '"') return separator.exec(text)?.index ?? text.length
  let quote = text.indexOf('"', at + 1)
  while (quote >= 0 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2)
  const end = quote + 1
  if (quote >= 0 && (end === text.length || ',\r\n'.includes(text.charAt(end)))) return end
  throw new ContactsError(`line ${line}: a quote is not closed, or something follows it`)
}
