import type { LogicalUrl } from '@parley/protocol'
import type { PeerInbox } from './peer-inbox.ts'
import type { RemoteEntry, RemoteWatchingHome } from './remote-watching-home.ts'

/** Where a receiver's devices are reached. `nowhere`: the map does not know it (any more), or not yet. */
type Place =
  | { readonly kind: 'nowhere' }
  | { readonly kind: 'home'; readonly home: RemoteWatchingHome }
  | { readonly kind: 'foreign'; readonly inboxes: Map<RemoteEntry, PeerInbox> }

/** A node that is not of this home, and hears of nodes that are. */
export interface RemoteReceiver {
  readonly url: LogicalUrl
  readonly entries: Map<string, RemoteEntry>
  place: Place
  /** The newest question to the map; the answer to an older one is out of date. */
  asked: number
  /** Whether the map could not be asked. */
  isOwed: boolean
}
