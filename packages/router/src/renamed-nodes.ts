import type { LocationsCached, NodeLocation, Renames } from '@parley/domain'
import type { RvpRequest, RvpResponse } from '@parley/http'
import { domainOf, header, type LogicalUrl, pathOf } from '@parley/protocol'

/** Where nodes are whose URLs the map does not have any more. */
export class RenamedNodes {
  readonly #renames: Pick<Renames, 'find'> | undefined
  readonly #locations: Pick<LocationsCached, 'locate'>

  constructor(renames: Pick<Renames, 'find'> | undefined, locations: Pick<LocationsCached, 'locate'>) {
    this.#renames = renames
    this.#locations = locations
  }

  /** The node that had this URL until lately, where it is now; undefined when there is none. Rejects with UnavailableError. */
  async find(node: LogicalUrl): Promise<NodeLocation | undefined> {
    const to = await this.#renames?.find(node)
    return to === undefined || to === node ? undefined : await this.#locations.locate(to)
  }
}

/**
 * Sends a client to the new URL of a node. It is in the map, so that the client is not sent on from there by a rename: clients follow
 * redirects without end (client-facts §3.2). The host stays as the client spells it unless the IM domain has changed.
 */
export function redirectToRenamed(request: Pick<RvpRequest, 'node' | 'authority'>, node: LogicalUrl): RvpResponse {
  const isSameDomain = domainOf(node) === domainOf(request.node)
  const url = isSameDomain ? `http://${request.authority}${pathOf(node)}` : node
  return { status: 302, headers: [[header.location, url]] }
}
