import { type AddressRange, addressTest, type HomeHolder } from '@parley/domain'
import type { RvpRequest, RvpResponse } from '@parley/http'
import { header, physicalPathOf } from '@parley/protocol'

/** Which clients are sent to the holders of homes, instead of being served through a router (client-facts §5, 44). */
export interface RedirectPolicy {
  /** Networks from which clients reach every holder, and whose clients follow redirects. */
  readonly networks: readonly AddressRange[]
  /** HomeHolder.id of the process that the requests come to, if it can hold homes itself. */
  readonly selfId?: string
}

/** Answers a request whose client is to ask the holder itself; undefined to serve it here. */
export type Redirection = (request: RvpRequest, holder: HomeHolder) => RvpResponse | undefined

/** Makes the 302 that sends a client of the chosen networks to a holder, at the node's physical URL (RVP §4.1.2). */
export function redirectionBy({ networks, selfId }: RedirectPolicy): Redirection {
  const isChosen = addressTest(networks)
  return (request, { clientUrl, id }) => {
    if (clientUrl === undefined || id === selfId) return undefined
    // NOTE: clients follow redirects without end (client-facts §5). Who was redirected once asks with a physical path, and is
    // served, even when the home has a new holder by then or two processes differ about who that is.
    if (request.isPhysical || request.identity.scheme === 'federated') return undefined
    if (!isChosen(request.clientAddress)) return undefined
    return { status: 302, headers: [[header.location, clientUrl + physicalPathOf(request.node)]] }
  }
}
