/** Attributes of an entry, by name. */
export type LdifAttributes = Readonly<Record<string, string | readonly string[]>>

/** An entry as LDIF (RFC 2849); every value in Base64, so that none of them needs a rule. */
export function ldifEntry(dn: string, attributes: LdifAttributes): string {
  const lines = [`dn:: ${encode(dn)}`]
  for (const [name, values] of Object.entries(attributes))
    for (const value of [values].flat()) lines.push(`${name}:: ${encode(value)}`)
  return `${lines.join('\n')}\n\n`
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
