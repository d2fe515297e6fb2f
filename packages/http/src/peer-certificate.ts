import type { TLSSocket } from 'node:tls'
import type { PeerCertificate } from './http-message.ts'

/** One entry of Node's list: its kind, then its value, quoted as in JSON where it could be taken for something else. */
const entry = /(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?=,|$)/gy
const dnsName = /^(?:\*\.)?[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/

/** What the peer's certificate proves; undefined when it showed none, or one that nobody signed whom we take for that. */
export function peerCertificateOf(socket: TLSSocket): PeerCertificate | undefined {
  if (!socket.authorized) return undefined
  const certificate = socket.getPeerX509Certificate()
  if (!certificate) return undefined
  return {
    subjectAltNames: dnsNamesOf(certificate.subjectAltName ?? ''),
    isSignedBy: (authorities) =>
      authorities.some((authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey)),
  }
}

/** The DNS names in a certificate's list of alternative names as Node writes it; `[]` when that cannot be read. */
export function dnsNamesOf(subjectAltNames: string): readonly string[] {
  const names: string[] = []
  let read = 0
  for (const [whole, kind, value = ''] of subjectAltNames.matchAll(entry)) {
    read += whole.length
    const name = value.toLowerCase()
    // What had to be quoted is no name of a host.
    if (kind === 'DNS' && dnsName.test(name)) names.push(name)
  }
  return read === subjectAltNames.length ? names : []
}
