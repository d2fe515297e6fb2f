import type { HomeName } from '@parley/domain'
import { header } from '@parley/protocol'
import type { ClusterCall } from './cluster-client.ts'

/** Marks the answer 421 of a process that does not hold the home: nobody else's 421 may move a request to another process. */
export const notHeldHeader = 'Parley-Not-Held'

/** Marks the answer 403 of a process that does not believe our identity: one of a home says that about a client. */
export const notBelievedHeader = 'Parley-Not-Believed'

/** Headers of a client's request that its home reads; no other one crosses from an edge to a home. RVP-Hop-Count is signed. */
export const forwardedHeaders = [
  header.ackType,
  header.callBack,
  header.contentType,
  header.depth,
  header.notificationType,
  header.stream,
  header.subscriptionId,
  header.subscriptionLifetime,
] as const

/** Where a call to a home is posted. */
export function callPath(home: HomeName, call: ClusterCall): string {
  return `/parley/${home}/${call}`
}
