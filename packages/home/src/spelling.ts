import type { RvpRequest } from '@parley/http'
import { domainOf, type LogicalUrl, pathOf } from '@parley/protocol'

/** A node's URL as the asking client would build it: with its own name for our domain (client-facts §5, 17). */
export function spellFor(request: Pick<RvpRequest, 'node' | 'authority'>, node: LogicalUrl): string {
  return domainOf(node) === domainOf(request.node) ? `http://${request.authority}${pathOf(node)}` : node
}
