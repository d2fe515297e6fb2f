import { demand } from '@parley/domain'
import {
  header,
  PreconditionFailedError,
  type PropertyName,
  type Propstat,
  parsePropfind,
  writeMultistatus,
} from '@parley/protocol'
import type { HomeDeps } from '../home-deps.ts'
import { mayRead, type NodeProperty, propertyNamesOf, propertyValue } from '../presence-properties.ts'
import type { MethodHandler } from './method-handler.ts'

/** PROPFIND: read a node's properties (RVP §5.4). */
export function propfind({ nodes, directory }: Pick<HomeDeps, 'nodes' | 'directory'>): MethodHandler {
  return async (request) => {
    const node = nodes.get(request.node)
    if (request.header(header.depth)?.trim() !== '0') throw new PreconditionFailedError('Depth must be 0')
    const query = parsePropfind(request.body)
    const { identity } = request
    if (query.kind === 'propname') {
      demand(node, identity, 'list')
      const properties = propertyNamesOf(node).map((name) => ({ name, xml: '' }))
      return { status: 207, xml: writeMultistatus(request.href, [{ status: 200, properties }]) }
    }
    if (query.kind === 'allprop') demand(node, identity, 'list')
    const asked =
      query.kind === 'prop' ? query.names : propertyNamesOf(node).filter((name) => mayRead(node, identity, name))
    const found: NodeProperty[] = []
    const missing: PropertyName[] = []
    const denied: PropertyName[] = []
    for (const name of new Set(asked)) {
      // NOTE: who may not read a property does not learn either whether there is one.
      const isReadable = mayRead(node, identity, name)
      const xml = isReadable ? propertyValue({ directory }, node, name) : undefined
      if (!isReadable) denied.push(name)
      else if (xml === undefined) missing.push(name)
      else found.push({ name, xml })
    }
    // A missing property MUST be noted (RVP §5.4), but only to those who asked for it by name (client-facts §5, 16).
    const propstats = [{ status: 200, properties: found }, withoutValues(404, missing), withoutValues(403, denied)]
    const told = propstats.filter(({ properties }) => properties.length > 0)
    return { status: 207, xml: writeMultistatus(request.href, told.length > 0 ? told : propstats.slice(0, 1)) }
  }
}

function withoutValues(status: number, names: readonly PropertyName[]): Propstat {
  return { status, properties: names.map((name) => ({ name, xml: '' })) }
}
