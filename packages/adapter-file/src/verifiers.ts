import { hash } from 'node:crypto'
import { md4 } from 'hash-wasm'
import { hashPassword } from './password-hash.ts'

/** Names by which a user's domains are known to clients. */
export interface KnownDomains {
  /** IM domains, as in `user@domain`. */
  readonly domains: readonly string[]
  /** Windows domains, as in `DOMAIN\user`. */
  readonly ntDomains: readonly string[]
}

/** Verifiers of the IM password, which classic clients prove by Digest or NTLM. Whoever reads one can sign in with it. */
export interface ImVerifiers {
  /** HA1 (RFC 2617 §3.2.2.2) of every spelling of the name. */
  readonly digest: Readonly<Record<string, string>>
  /** MD4 of the UTF-16LE password, hexadecimal (MS-NLMP §3.3.1). */
  readonly ntlm: string
}

/** Makes the verifiers of an IM password for `name` in `realm`. */
export async function imVerifiers(
  name: string,
  password: string,
  realm: string,
  known: KnownDomains,
): Promise<ImVerifiers> {
  const digest = Object.fromEntries(
    spellingsOf(name, known).map((spelling) => [spelling, hash('md5', `${spelling}:${realm}:${password}`)]),
  )
  return { digest, ntlm: await md4(Buffer.from(password, 'utf16le')) }
}

/** Makes the verifier of an account password, which is typed into programs that use Basic over TLS. */
export function accountVerifier(password: string): Promise<string> {
  return hashPassword(password)
}

/**
 * The names that clients send for a user (client-facts §5, 37). A Digest answer covers the name letter by letter, so only
 * these spellings can sign in with Digest: the name as it was given and in lower case, Windows domains also in upper and
 * lower case. NTLM and Basic do not mind the case.
 */
export function spellingsOf(name: string, { domains, ntDomains }: KnownDomains): string[] {
  const names = distinct([name, name.toLowerCase()])
  const windows = distinct(ntDomains.flatMap((domain) => [domain, domain.toUpperCase(), domain.toLowerCase()]))
  return names.flatMap((user) => [
    user,
    `/${user}`,
    `\\${user}`,
    ...domains.map((domain) => `${user}@${domain}`),
    ...windows.flatMap((domain) => [`${domain}\\${user}`, `${domain}/${user}`]),
  ])
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)]
}
