/**
 * Nodes, presence, subscriptions, leases, access; and the ports through which they reach the world. Knows nothing of HTTP,
 * stores or buses: an adapter of a port lives in a package of its own and passes the port's contract suite (`./contracts`).
 */
export { type Caller, demand, may, mayWatch, watchRight } from './access.ts'
export { accountNameOf } from './account-name.ts'
export {
  type AddressRange,
  addressTest,
  canonicalAddress,
  inRanges,
  isLoopback,
  isSpecialPurpose,
  parseAddressRange,
} from './address-range.ts'
export {
  type Attempt,
  type AttemptBudget,
  type AttemptLimits,
  type AttemptTimes,
  defaultAttemptTimes,
} from './attempt-budget.ts'
export { AttemptBudgetMemory } from './attempt-budget-memory.ts'
export { Audience } from './audience.ts'
export type { Authenticator, AuthOutcome, AuthRequest, ConnectionAuthenticator } from './authenticator.ts'
export { type CallBackPolicyOptions, pinCallBack } from './call-back-policy.ts'
export { type Clock, systemClock } from './clock.ts'
export { ManualClock } from './clock-manual.ts'
export { equalInConstantTime } from './constant-time.ts'
export type { CredentialSource, DigestAttempt, NtlmAttempt, TicketOutcome } from './credential-source.ts'
export { CredentialSourceMemory, type MemoryAccount } from './credential-source-memory.ts'
export { deriveState, nextSharedState } from './derive-state.ts'
export { Device } from './device.ts'
export { Devices } from './devices.ts'
export type { Directory, DirectoryUser } from './directory.ts'
export {
  CookieUselessError,
  type DirectorySource,
  type PersonAttributes,
  type SourceBatch,
  type SourceCookie,
  type SourceEnd,
  type SourceEntry,
  type SourceGroup,
  type SourceId,
  type SourceProblem,
  type SourceProgress,
  type SourceUser,
} from './directory-source.ts'
export { DirectorySourceMemory } from './directory-source-memory.ts'
export { type DomainEvents, silentEvents } from './events.ts'
export { Expiries, type Expiring } from './expiries.ts'
export { followRenames, isRecorded, renameInMap, type WantedRename } from './follow-renames.ts'
export type { FormatRecord, StoredFormat } from './format-record.ts'
export { FormatRecordMemory } from './format-record-memory.ts'
export { FreshRenames } from './fresh-renames.ts'
export { type HandBackAnswer, handBackAnswers } from './hand-back.ts'
export { HolderTable, type HolderTableOptions } from './holder-table.ts'
export type { HomeHolder, HomeLease, HomeLeases } from './home-leases.ts'
export { HomeLeasesMemory } from './home-leases-memory.ts'
export { type HomeName, parseHomeName } from './home-name.ts'
export type {
  ChangesAnswer,
  ForwardedNotification,
  HomePeerService,
  HomePeers,
  MemberInbox,
  PresentityReport,
  RemoteWatch,
  WatchReport,
} from './home-peers.ts'
export { type AuthScheme, credentialKindOf, type Identity } from './identity.ts'
export { type Ids, systemIds } from './ids.ts'
export type { Delivery, DeliveryOutcome, Inbox, InboxEvents, InboxFactory, ProbingInbox } from './inbox.ts'
export { type DomainLimits, defaultDomainLimits } from './limits.ts'
export { type Locations, type LocationWriter, locationOf, type MapEntry, type NodeLocation } from './locations.ts'
export {
  defaultLocationsCacheLimits,
  LocationsCached,
  type LocationsCachedOptions,
  type LocationsCacheLimits,
} from './locations-cached.ts'
export { LocationsMemory } from './locations-memory.ts'
export { adoptFormat, type FormatState, formatState, type Migration, migrate } from './migrations.ts'
export { homeChanging, MovedError } from './moved-error.ts'
export { nextHolder } from './next-holder.ts'
export {
  CorruptStoreError,
  type DeliveryTarget,
  type Epoch,
  type NodeChange,
  type NodeKind,
  type NodeStore,
  StaleEpochError,
  type StoredNode,
  type StoredNodeHead,
  type StoredProperty,
  type StoredSubscription,
  type StoredView,
  type SubscriptionId,
  type ViewId,
} from './node-store.ts'
export { NodeStoreMemory } from './node-store-memory.ts'
export { Nodes, type NodesPlace } from './nodes.ts'
export { type GroupMembers, type Notification, Notifications, type Spelling } from './notifications.ts'
export { isNtlmResponse } from './ntlm-response.ts'
export { PeerInbox, PeerInboxes, type PeerInboxLimits } from './peer-inbox.ts'
export type { People, PeopleFound, PeopleQuery, Person } from './people.ts'
export {
  bestOf,
  boundedQuery,
  containerPath,
  isInContainer,
  isSought,
  personOf,
  wordsOfPerson,
} from './people-match.ts'
export { PeopleMemory } from './people-memory.ts'
export { type GrantedState, Presence, type PresenceAudience } from './presence.ts'
export { PrincipalQueue } from './principal-queue.ts'
export {
  type CheckedTicket,
  NotAskedError,
  type NtlmChecker,
  type NtlmProof,
  type PasswordChecker,
  type TicketChecker,
} from './proof-checkers.ts'
export { RecentlyUsed } from './recently-used.ts'
export { RemotePresentities, type UnheardHome } from './remote-presentities.ts'
export { RemoteWatches } from './remote-watches.ts'
export { RenameBatch } from './rename-batch.ts'
export {
  type Renaming,
  type ResolveUrl,
  renamedContacts,
  renamedHead,
  renamedHref,
  renamedSubscription,
} from './renamed-records.ts'
export type { Rename, Renames, RenameWriter } from './renames.ts'
export { RenamesMemory } from './renames-memory.ts'
export { RvpNode } from './rvp-node.ts'
export { searchWords } from './search-words.ts'
export type { HomeBeat, StatusBus, StatusChange } from './status-bus.ts'
export { StatusBusMemory } from './status-bus-memory.ts'
export { type SubscriptionRequest, Subscriptions } from './subscriptions.ts'
export type { FormerPlace, Membership, SyncState, SyncStore, WaitingEntry } from './sync-store.ts'
export { SyncStoreMemory } from './sync-store-memory.ts'
export { parseTraceparent, type TraceContext, type TraceParent, traceContextOf } from './trace-context.ts'
export { tracedInboxes } from './traced-inboxes.ts'
export { tracedNodeStore } from './traced-node-store.ts'
export { tracedStatusBus } from './traced-status-bus.ts'
export {
  endedWith,
  failureType,
  type Span,
  type SpanAttributes,
  type SpanKind,
  type SpanStart,
  type Tracer,
} from './tracer.ts'
export { type EndedSpan, TracerMemory } from './tracer-memory.ts'
export { type WatchEnd, type WatchStart, WatchTable, type WatchTerms } from './watch-table.ts'
