import type { SourceProblem } from '@parley/domain'

/** Parts of every Active Directory domain that hold no people. */
const withoutPeople = /^(?:DC=(?:Domain|Forest)DnsZones|CN=Configuration|CN=Schema),/i

/**
 * Parts of the tree that other servers have, as problems.
 *
 * NOTE: they are never followed. A directory could send us anywhere, with the password of the account that reads; and who is in another
 * part may be someone whom the administrator of this one does not speak for.
 */
export function referenceProblems(urls: readonly string[]): SourceProblem[] {
  return urls.flatMap((url) => {
    const shown = url.slice(0, 300)
    const origin = nameIn(shown)
    if (withoutPeople.test(origin)) return []
    const what = `this part of the tree is on another server (${shown}) and is not read: name a server that has all of it, such as a global catalogue`
    return [{ origin, what }]
  })
}

function nameIn(url: string): string {
  const path = /^ldaps?:\/\/[^/]*\/([^?]*)/i.exec(url)?.[1] ?? ''
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
