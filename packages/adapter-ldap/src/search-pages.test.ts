import { BerWriter, PagedResultsControl } from 'ldapts'
import { describe, expect, it } from 'vitest'
import { LdapResultError } from './ldap-fault.ts'
import type { LdapReply, LdapResult } from './ldap-reply.ts'
import { type PagedConnection, searchPages } from './search-pages.ts'

interface Page {
  readonly names: readonly string[]
  readonly cookie?: string
  readonly code?: number
}

/** A server that answers with these pages, one after the other. */
function serverOf(pages: readonly Page[]): PagedConnection {
  let at = 0
  return {
    server: 'ldaps://directory.example.com',
    failure: ({ code }, what) => new LdapResultError(code, '', what),
    async *replies(): AsyncGenerator<Exclude<LdapReply, LdapResult>, LdapResult, void> {
      const { names, cookie, code = 0 } = pages[at++ % pages.length] ?? { names: [] }
      for (const dn of names) yield { kind: 'entry', entry: { dn, attributes: new Map() }, controls: new Map() }
      const controls = new Map(cookie === undefined ? [] : [[PagedResultsControl.type, paging(cookie)]])
      return { kind: 'result', code, matchedDn: '', diagnostic: '', referrals: [], controls }
    },
  }
}

function paging(cookie: string): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(0)
  writer.writeString(cookie)
  writer.endSequence()
  return Buffer.from(writer.buffer)
}

async function read(pages: readonly Page[], pageSize = 2): Promise<string[][]> {
  const found: string[][] = []
  for await (const { entries } of searchPages(serverOf(pages), { base: '', attributes: [] }, pageSize))
    found.push(entries.map(({ dn }) => dn))
  return found
}

describe('searchPages, RFC 2696', () => {
  it('goes on past an empty page, which Active Directory may send in the middle', async () => {
    const pages = [
      { names: ['a'], cookie: '1' },
      { names: [], cookie: '2' },
      { names: ['b'], cookie: '' },
    ]
    expect(await read(pages)).toEqual([['a'], ['b']])
  })

  it('gives what comes from a server that knows no pages a page at a time', async () => {
    expect(await read([{ names: ['a', 'b', 'c', 'd', 'e'] }])).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  it('takes what came before an error for nothing whole', async () => {
    const pages = [
      { names: ['a'], cookie: '1' },
      { names: ['b'], code: 4 },
    ]
    await expect(read(pages)).rejects.toThrow(/sizeLimitExceeded/)
  })

  it('gives up a server that sends nothing but empty pages', async () => {
    await expect(read([{ names: [], cookie: '1' }])).rejects.toThrow(/nothing but empty pages/)
  })
})
