import { isIP } from 'node:net'
import { canonicalAddress } from '@parley/domain'
import type { HttpHeaders } from './http-message.ts'

/** Longer than any IP address with a port. */
const maxEntryLength = 64

/**
 * The client's address as trusted proxies tell it: the rightmost address of X-Forwarded-For that is not itself trusted, since what
 * stands left of it comes from whom nobody trusts. Where that ends, or is no address, it is the last one that somebody trusted
 * vouched for: at the least `peer`, who sent us the request.
 */
export function forwardedAddress(peer: string, headers: HttpHeaders, isTrusted: (address: string) => boolean): string {
  let nearest = peer
  for (const line of headers.all('x-forwarded-for').toReversed()) {
    for (const entry of line.split(',').toReversed()) {
      const text = entry.trim()
      if (text === '') continue
      const address = addressIn(text)
      if (address === undefined) return nearest
      nearest = address
      if (!isTrusted(address)) return nearest
    }
  }
  return nearest
}

/** Whether trusted proxies say that TLS protects the whole way from the client to them: X-Forwarded-Proto is `https` and nothing else. */
export function forwardedOverTls(headers: HttpHeaders): boolean {
  const hops = headers.all('x-forwarded-proto').flatMap((line) => line.split(','))
  return hops.length > 0 && hops.every((hop) => hop.trim().toLowerCase() === 'https')
}

/** An address as proxies write it, with or without a port; an IPv6 address with a port is in brackets. */
function addressIn(text: string): string | undefined {
  if (text.length > maxEntryLength) return undefined
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\]|([0-9.]+))(?::[0-9]{1,5})?$/.exec(text) ?? []
  const address = bracketed ?? dotted ?? text
  const family = bracketed === undefined ? isIP(address) : isIP(address) === 6 ? 6 : 0
  // NOTE: a zone names an interface of the proxy's machine.
  return family === 0 || address.includes('%') ? undefined : canonicalAddress(address)
}
