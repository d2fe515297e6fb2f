/**
 * An RVP client: signs a user on from one device, watches others, talks to them, and keeps all of it alive. Nothing here
 * needs Node: connections, call-backs and authentication come in through ports, whose adapters are in `@parley/client/node`.
 */
export {
  type Authentication,
  type AuthenticationAttempt,
  type AuthenticationTarget,
  type Challenge,
  type Credentials,
  parseChallenges,
} from './authentication.ts'
export { backOffMs } from './back-off.ts'
export { isExpectedError, RequestRefusedError, TransportError, type TransportFailure } from './client-error.ts'
export type { RvpClientEvent } from './client-event.ts'
export { type ClientRandom, platformRandom } from './client-random.ts'
export type { DeviceInbox, InboxListener } from './device-inbox.ts'
export { EventOverflowError } from './event-queue.ts'
export { EventStreamError, EventStreamParser, type StreamEvent } from './event-stream.ts'
export { nameOfNode, nodeNamed } from './node-name.ts'
export { eventsOf } from './notification-events.ts'
export {
  type FoundPeople,
  type FoundPerson,
  findPeople,
  type PeopleSearchQuery,
  personNamed,
} from './people-search.ts'
export { RvpClient, type SendOutcome, type SignOnOptions } from './rvp-client.ts'
export { type GrantedState, type GrantedSubscription, RvpRequests } from './rvp-requests.ts'
export { StreamInbox } from './stream-inbox.ts'
export type { StreamReaderOptions } from './stream-reader.ts'
export { platformTimers, type Timers } from './timers.ts'
export type {
  RvpTransport,
  RvpTransportHead,
  RvpTransportRequest,
  RvpTransportResponse,
  RvpTransportStream,
} from './transport.ts'
