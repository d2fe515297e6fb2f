import { davNamespace, parleyNamespace, rootPrefix, rvpNamespace } from './namespaces.ts'
import { escapeAttribute, isForeign } from './xml-writer.ts'

/** The name of a property in Clark notation: `{DAV:}displayname`. */
export type PropertyName = string

/** Properties that real clients read (client-facts §1.4), and our own. */
export const propertyNames = {
  state: `{${rvpNamespace}}state`,
  displayName: `{${davNamespace}}displayname`,
  email: `{${rvpNamespace}}email`,
  mobileState: `{${rvpNamespace}}mobile-state`,
  mobileDescription: `{${rvpNamespace}}mobile-description`,
  /** The server-kept contact list (RVP §5.4), in the form of docs/protocol/contacts.md. */
  contacts: `{${parleyNamespace}}contacts`,
} as const

/** Clark notation of an element's name. */
export function propertyNameOf(element: { readonly ns: string; readonly name: string }): PropertyName {
  return `{${element.ns}}${element.name}`
}

/**
 * The element of a property inside `d:prop`, always an open and close pair (client-facts §5, 15). `xml` is canonical inner
 * XML as `innerXml` makes it.
 */
export function propertyXml(name: PropertyName, xml: string): string {
  const end = name.lastIndexOf('}')
  const ns = name.slice(1, end)
  const local = name.slice(end + 1)
  if (ns === '') return `<${local}>${xml}</${local}>`
  if (isForeign(ns)) return `<p:${local} xmlns:p="${escapeAttribute(ns)}">${xml}</p:${local}>`
  const prefix = rootPrefix(ns) ?? 'xml'
  return `<${prefix}:${local}>${xml}</${prefix}:${local}>`
}
