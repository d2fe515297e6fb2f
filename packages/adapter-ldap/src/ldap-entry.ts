/** An entry as a directory sent it. */
export interface LdapEntry {
  readonly dn: string
  /** Values by the name of the attribute in lower case, with its options (`member;range=0-1499`). */
  readonly attributes: ReadonlyMap<string, readonly Buffer[]>
}

/** The values of an attribute; none when it is not there. */
export function valuesOf(entry: LdapEntry, attribute: string): readonly Buffer[] {
  return entry.attributes.get(attribute.toLowerCase()) ?? []
}

/** The first value of an attribute as text; bytes that are no UTF-8 become U+FFFD. For attributes of the directory's own making. */
export function firstText(entry: LdapEntry, attribute: string): string | undefined {
  return valuesOf(entry, attribute)[0]?.toString('utf8')
}
