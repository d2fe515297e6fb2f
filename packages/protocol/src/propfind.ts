import { davNamespace, rootNamespaces } from './namespaces.ts'
import { type PropertyName, propertyNameOf, propertyXml } from './property-name.ts'
import { BadRequestError } from './rvp-error.ts'
import { childElements } from './xml-element.ts'
import { parseXml } from './xml-reader.ts'

/** What a PROPFIND asks for (RVP §5.4). */
export type PropfindQuery =
  | { readonly kind: 'prop'; readonly names: readonly PropertyName[] }
  | { readonly kind: 'allprop' }
  | { readonly kind: 'propname' }

const maxNames = 200

/** Reads the body of a PROPFIND. Throws BadRequestError; a body without a property is one such case (RVP §5.4). */
export function parsePropfind(body: string): PropfindQuery {
  const root = parseXml(body)
  if (root.ns !== davNamespace || root.name !== 'propfind') throw new BadRequestError('body is not a propfind element')
  for (const child of childElements(root)) {
    if (child.ns !== davNamespace) continue
    if (child.name === 'allprop' || child.name === 'propname') return { kind: child.name }
    if (child.name !== 'prop') continue
    const names = [...new Set(childElements(child).map(propertyNameOf))]
    if (names.length === 0) break
    if (names.length > maxNames) throw new BadRequestError('too many properties')
    return { kind: 'prop', names }
  }
  throw new BadRequestError('propfind names no property')
}

/** Writes the body of a PROPFIND. */
export function writePropfind(query: PropfindQuery): string {
  const inner =
    query.kind === 'prop'
      ? `<d:prop>${query.names.map((name) => propertyXml(name, '')).join('')}</d:prop>`
      : `<d:${query.kind}></d:${query.kind}>`
  return `<d:propfind${rootNamespaces}>${inner}</d:propfind>`
}
