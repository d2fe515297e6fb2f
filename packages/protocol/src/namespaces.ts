/** WebDAV's namespace; prefix `d` in everything we write (client-facts §5, 14). */
export const davNamespace = 'DAV:'

/** RVP's namespace; prefix `r`. */
export const rvpNamespace = 'http://schemas.microsoft.com/rvp/'

/** The namespace of access lists (RVP §5.7); prefix `a`. */
export const aclNamespace = 'http://schemas.microsoft.com/rvp/acl/'

/** The namespace of our own extensions, such as server-kept contact lists. */
export const parleyNamespace = 'urn:parley:rvp'

/** The declarations that every root element of ours carries: Miranda knows these prefixes only (client-facts §3.2). */
export const rootNamespaces = ` xmlns:d="${davNamespace}" xmlns:r="${rvpNamespace}" xmlns:a="${aclNamespace}"`

/** The prefix that a root of ours declares for `namespace`; undefined for any other. */
export function rootPrefix(namespace: string): 'd' | 'r' | 'a' | undefined {
  switch (namespace) {
    case davNamespace:
      return 'd'
    case rvpNamespace:
      return 'r'
    case aclNamespace:
      return 'a'
    default:
      return undefined
  }
}

/** Maps other spellings of RVP's two namespaces (`schemas.Microsoft.com`, no last slash) to the one above (client-facts §4). */
export function canonicalNamespace(namespace: string): string {
  if (rootPrefix(namespace)) return namespace
  const folded = namespace.toLowerCase().replace(/\/?$/, '/')
  return folded === rvpNamespace || folded === aclNamespace ? folded : namespace
}
