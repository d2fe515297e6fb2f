import { detached } from './detached-text.ts'
import { isXmlSpace } from './xml-characters.ts'

/** An attribute; `ns` is empty for one without a prefix. Declarations of namespaces are not attributes. */
export interface XmlAttribute {
  readonly ns: string
  readonly name: string
  readonly value: string
}

/**
 * An element, its prefix resolved: `ns` is the namespace (empty for none), `name` the local name. Text may come in several
 * strings one after the other: a CDATA section is always a string of its own.
 */
export interface XmlElement {
  readonly ns: string
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly (XmlElement | string)[]
}

export function isElement(child: XmlElement | string): child is XmlElement {
  return typeof child !== 'string'
}

/** The child elements; text between them is white space by which people indent, and is left out. */
export function childElements(parent: XmlElement): readonly XmlElement[] {
  return parent.children.filter(isElement)
}

/** The first child element of that name. */
export function findChild(parent: XmlElement, ns: string, name: string): XmlElement | undefined {
  for (const child of parent.children) {
    if (typeof child !== 'string' && child.name === name && child.ns === ns) return child
  }
  return undefined
}

/** Every child element of that name. */
export function findChildren(parent: XmlElement, ns: string, name: string): readonly XmlElement[] {
  return parent.children.filter((child) => isElement(child) && child.name === name && child.ns === ns) as XmlElement[]
}

/** All text directly inside, without white space around it: RVP's examples indent values (RVP §5.3.1). */
export function trimmedText(element: XmlElement): string {
  return detached(verbatimText(element).trim())
}

/** All text directly inside, but for the white space that indents a CDATA section (RVP §5.6.1). */
export function verbatimText(element: XmlElement): string {
  const runs = element.children.filter((child) => typeof child === 'string')
  if (runs.length > 1 && isXmlSpace(runs[0] ?? '')) runs.shift()
  if (runs.length > 1 && isXmlSpace(runs.at(-1) ?? '')) runs.pop()
  return runs.join('')
}

/** Value of an attribute without a prefix. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.name === name && attribute.ns === '')?.value
}
