import {
  type AccessEntry,
  type AccessList,
  type AccessRight,
  type AclPrincipal,
  accessRights,
  type CredentialKind,
  credentialKinds,
  maxAccessEntries,
} from './access-list.ts'
import { isAuthority, type LogicalUrl } from './logical-url.ts'
import { aclNamespace, rootNamespaces } from './namespaces.ts'
import { BadRequestError } from './rvp-error.ts'
import { childElements, findChild, findChildren, trimmedText, type XmlElement } from './xml-element.ts'
import { parseXml } from './xml-reader.ts'
import { escapeText } from './xml-writer.ts'

/**
 * Reads an access list (RVP §5.7.2, §5.7.3). `canonical` turns a principal's URL into a node's name; what is no URL names a
 * server. Throws BadRequestError.
 */
export function parseAccessList(body: string, canonical: (url: string) => LogicalUrl): AccessList {
  const root = parseXml(body)
  const acl = findChild(root, aclNamespace, 'acl')
  if (root.ns !== aclNamespace || root.name !== 'rvpacl' || !acl)
    throw new BadRequestError('body is not an access list')
  const entries = findChildren(acl, aclNamespace, 'ace')
  if (entries.length > maxAccessEntries) throw new BadRequestError('access list is too long')
  return entries.map((entry) => readEntry(entry, canonical))
}

/** Writes an access list in the form of RVP §5.7.3; `spell` gives a node's URL as the asking client spells it. */
export function writeAccessList(list: AccessList, spell: (node: LogicalUrl) => string): string {
  const entries = list.map((entry) => entryXml(entry, spell)).join('')
  return `<a:rvpacl${rootNamespaces}><a:acl><a:inheritance>none</a:inheritance>${entries}</a:acl></a:rvpacl>`
}

function readEntry(entry: XmlElement, canonical: (url: string) => LogicalUrl): AccessEntry {
  const principals = findChildren(entry, aclNamespace, 'principal')
  const [principal] = principals
  if (!principal || principals.length > 1) throw new BadRequestError('access entry does not have one principal')
  return {
    principal: readPrincipal(principal, canonical),
    credentials: readCredentials(principal),
    // The rights' parent is allow or deny in RVP §5.7.1, grant or deny in its example and in every client.
    grant: readRights(entry, ['grant', 'allow']),
    deny: readRights(entry, ['deny']),
  }
}

function readPrincipal(principal: XmlElement, canonical: (url: string) => LogicalUrl): AclPrincipal {
  const names = childElements(principal).filter(({ name }) => name === 'rvp-principal' || name === 'allprincipals')
  const [name] = names
  if (!name || names.length > 1) throw new BadRequestError('access entry does not name one principal')
  if (name.name === 'allprincipals') return { kind: 'all' }
  const text = trimmedText(name)
  // COMPAT(librvp): it spells everybody so (client-facts §1.7).
  if (text === 'allprincipals') return { kind: 'all' }
  if (/^https?:/i.test(text)) return { kind: 'node', node: canonical(text) }
  if (!isAuthority(text)) throw new BadRequestError('principal is neither a URL nor the name of a server')
  return { kind: 'server', name: text.toLowerCase() }
}

function readCredentials(principal: XmlElement): AccessEntry['credentials'] {
  const lists = findChildren(principal, aclNamespace, 'credentials')
  const kinds = lists[0] ? childElements(lists[0]) : []
  // The reason is RVP §5.7.2's, word for word.
  if (kinds.length === 0) throw new BadRequestError('credentials not specified')
  if (lists.length > 1) throw new BadRequestError('credentials are given twice')
  if (kinds.some(({ name }) => name === 'any')) return 'any'
  return orderedSet(credentialKinds, kinds.map(credentialKind))
}

function credentialKind({ name }: XmlElement): CredentialKind {
  const kind = credentialKinds.find((known) => known === name)
  if (!kind) throw new BadRequestError('unknown credentials')
  return kind
}

function readRights(entry: XmlElement, parents: readonly string[]): readonly AccessRight[] {
  const elements = childElements(entry).filter(({ ns, name }) => ns === aclNamespace && parents.includes(name))
  const rights = elements.flatMap(childElements).flatMap(rightsOf)
  return orderedSet(accessRights, rights)
}

function rightsOf({ name }: XmlElement): readonly AccessRight[] {
  if (name === 'all') return accessRights
  const right = accessRights.find((known) => known === name)
  // RVP §5.7.1 names four rights that are not supported: writeowner, delete, createchild and deletechild.
  if (!right) throw new BadRequestError('access right is not supported')
  return [right]
}

/** The members of `all` that are in `some`, in the order of `all`. */
function orderedSet<T>(all: readonly T[], some: readonly T[]): readonly T[] {
  const wanted = new Set(some)
  return all.filter((member) => wanted.has(member))
}

function entryXml({ principal, credentials, grant, deny }: AccessEntry, spell: (node: LogicalUrl) => string): string {
  const kinds = credentials === 'any' ? '<a:any/>' : names(credentials)
  return (
    `<a:ace><a:principal>${principalXml(principal, spell)}<a:credentials>${kinds}</a:credentials></a:principal>` +
    `${rightsXml('grant', grant)}${rightsXml('deny', deny)}</a:ace>`
  )
}

function principalXml(principal: AclPrincipal, spell: (node: LogicalUrl) => string): string {
  if (principal.kind === 'all') return '<a:allprincipals/>'
  const name = principal.kind === 'node' ? spell(principal.node) : principal.name
  return `<a:rvp-principal>${escapeText(name)}</a:rvp-principal>`
}

function rightsXml(parent: 'grant' | 'deny', rights: readonly AccessRight[]): string {
  return rights.length === 0 ? `<a:${parent}/>` : `<a:${parent}>${names(rights)}</a:${parent}>`
}

function names(list: readonly string[]): string {
  return list.map((name) => `<a:${name}/>`).join('')
}
