import { PagedResultsControl } from 'ldapts'
import { BerCursor } from './ber-cursor.ts'
import type { LdapConnection, LdapSearch } from './ldap-connection.ts'
import type { LdapEntry } from './ldap-entry.ts'
import { directoryUnavailable, resultCode } from './ldap-fault.ts'
import type { ReplyControls } from './ldap-reply.ts'

/** What pages are asked for over. */
export type PagedConnection = Pick<LdapConnection, 'server' | 'replies' | 'failure'>

/** A part of what a search found. */
export interface SearchPage {
  readonly entries: readonly LdapEntry[]
  /** Parts of the tree that other servers have; nobody goes there. */
  readonly references: readonly string[]
}

const pagedResults = PagedResultsControl.type
/** A directory may skip over what we may not see in pages that are empty; but not for ever. */
const mostEmptyPages = 10_000

/**
 * Everything that a search finds, a page at a time (RFC 2696), so that neither side keeps more than one; a directory that knows
 * no pages sends all at once. Rejects with LdapResultError or UnavailableError: what has come until then is not everything.
 */
export async function* searchPages(
  connection: PagedConnection,
  search: Omit<LdapSearch, 'sizeLimit'>,
  pageSize: number,
): AsyncGenerator<SearchPage, void, void> {
  let cookie: Buffer | undefined = Buffer.alloc(0)
  let emptyPages = 0
  while (cookie !== undefined) {
    const paging = new PagedResultsControl({ value: { size: pageSize, cookie } })
    const controls = [...(search.controls ?? []), paging]
    let found = 0
    cookie = yield* onePage(connection, { ...search, controls }, pageSize, (count) => {
      found += count
    })
    emptyPages = found > 0 ? 0 : emptyPages + 1
    if (emptyPages > mostEmptyPages)
      throw directoryUnavailable(`${connection.server}: it sends nothing but empty pages`)
  }
}

/** Gives what answers one request, and returns where the next page begins. */
async function* onePage(
  connection: PagedConnection,
  search: LdapSearch,
  pageSize: number,
  count: (entries: number) => void,
): AsyncGenerator<SearchPage, Buffer | undefined, void> {
  const replies = connection.replies(search)
  let entries: LdapEntry[] = []
  const references: string[] = []
  try {
    let next = await replies.next()
    for (; !next.done; next = await replies.next()) {
      if (next.value.kind === 'reference') references.push(...next.value.urls)
      if (next.value.kind !== 'entry') continue
      entries.push(next.value.entry)
      count(1)
      if (entries.length < pageSize) continue
      yield { entries, references: [] }
      entries = []
    }
    const result = next.value
    if (result.code !== resultCode.success) throw connection.failure(result, `search of ${search.base}`)
    if (entries.length + references.length > 0) yield { entries, references }
    return nextCookie(result.controls)
  } finally {
    // When nobody wants the rest, the directory is told so.
    await replies.return(undefined as never)
  }
}

function nextCookie(controls: ReplyControls): Buffer | undefined {
  const value = controls.get(pagedResults)
  if (value === undefined) return undefined
  const fields = new BerCursor(value).inside(0x30)
  fields.integer()
  const cookie = fields.take(0x04)
  return cookie.length > 0 ? cookie : undefined
}
