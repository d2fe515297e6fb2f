import { type Directory, type Identity, may, type RvpNode } from '@parley/domain'
import { escapeText, type PropertyName, propertyNames, stateXml, visibleState } from '@parley/protocol'

/** A property with its canonical inner XML. */
export interface NodeProperty {
  readonly name: PropertyName
  readonly xml: string
}

/** Properties of users that everybody who may watch them reads (RVP §5.1.7.2), in Exchange's order. */
const watchedNames: readonly PropertyName[] = [
  propertyNames.state,
  propertyNames.displayName,
  propertyNames.email,
  propertyNames.mobileState,
  propertyNames.mobileDescription,
]

/** What the directory, not the user, decides about a user: nobody may call himself by another's name. */
export const directoryNames: ReadonlySet<PropertyName> = new Set([propertyNames.displayName, propertyNames.email])

/** The properties in the answer to a watch (RVP §5.1.6): the state first, and nothing that the watcher may not see. */
export function presenceProperties(
  { directory }: { directory: Directory },
  node: RvpNode,
  watcher: Identity,
): readonly NodeProperty[] {
  if (node.kind !== 'user') return [...node.properties].map(([name, xml]) => ({ name, xml }))
  return watchedNames.flatMap((name) => {
    const xml = propertyValue({ directory }, node, name)
    return xml === undefined || !mayRead(node, watcher, name) ? [] : [{ name, xml }]
  })
}

/** Inner XML of a property; undefined when the node does not have it. */
export function propertyValue(
  { directory }: { directory: Directory },
  node: RvpNode,
  name: PropertyName,
): string | undefined {
  if (node.kind !== 'user') return node.properties.get(name)
  switch (name) {
    case propertyNames.state:
      return stateXml(visibleState(node.published))
    case propertyNames.displayName:
      return escapeText(directory.user(node.url)?.displayName ?? '')
    case propertyNames.email:
      return escapeText(directory.user(node.url)?.mail ?? '')
    case propertyNames.mobileState:
      return node.properties.get(name) ?? '0'
    case propertyNames.mobileDescription:
      return node.properties.get(name) ?? ''
    default:
      return node.properties.get(name)
  }
}

/** Names of all properties that the node has, the state first. */
export function propertyNamesOf(node: RvpNode): readonly PropertyName[] {
  if (node.kind !== 'user') return [...node.properties.keys()]
  return [...new Set([...watchedNames, ...node.properties.keys()])]
}

/** Whether `caller` may read a property: presence and contacts have rules of their own (RVP §5.7.1). */
export function mayRead(node: RvpNode, caller: Identity, name: PropertyName): boolean {
  if (name === propertyNames.state) return may(node, caller, 'presence')
  if (name === propertyNames.contacts) return caller.principal === node.owner
  return may(node, caller, 'read')
}
