/** Bounds of one home; every one has a default that suits ten thousand users (design.md, "Limits to design for"). */
export interface DomainLimits {
  /** Longest lease of a subscription, in seconds (RVP §5.1.2). */
  readonly maxSubscriptionSeconds: number
  /** Longest lease of a view, in seconds (RVP §5.5). */
  readonly maxViewSeconds: number
  /** Lease of a view whose device asked for none, in seconds: Exchange's (RVP §5.5.2). */
  readonly defaultViewSeconds: number
  /** Devices of one user; one more takes the place of the oldest. */
  readonly maxDevicesPerUser: number
  /** Views of one user. */
  readonly maxViewsPerUser: number
  /** Subscriptions that one subscriber may hold on one node. */
  readonly maxSubscriptionsPerSubscriber: number
  /** Subscriptions on one node. */
  readonly maxSubscriptionsPerNode: number
  /** The same for subscribers of one other IM domain, who are as many as its server likes to name. */
  readonly maxSubscriptionsPerForeignDomain: number
  /** Nodes that one principal may watch. */
  readonly maxWatchesPerWatcher: number
  /** Groups and resources of one owner. */
  readonly maxNodesPerOwner: number
  /** Properties that one node may hold, characters of each, and characters of all with their names. */
  readonly maxProperties: number
  readonly maxPropertyLength: number
  readonly maxPropertiesLength: number
  /** Entries of one access list. */
  readonly maxAccessEntries: number
  /** RVP-Hop-Count above which a NOTIFY is taken for a loop (RVP §7.2). */
  readonly maxHops: number
  /** How long a device that cannot be reached keeps its presence, in milliseconds. */
  readonly deadDeviceGraceMs: number
}

export const defaultDomainLimits: DomainLimits = {
  maxSubscriptionSeconds: 86_400,
  maxViewSeconds: 86_400,
  defaultViewSeconds: 1_200,
  maxDevicesPerUser: 16,
  maxViewsPerUser: 32,
  maxSubscriptionsPerSubscriber: 256,
  maxSubscriptionsPerNode: 50_000,
  maxSubscriptionsPerForeignDomain: 5_000,
  maxWatchesPerWatcher: 1_000,
  maxNodesPerOwner: 256,
  maxProperties: 64,
  maxPropertyLength: 262_144,
  maxPropertiesLength: 524_288,
  maxAccessEntries: 1_000,
  maxHops: 10,
  deadDeviceGraceMs: 15_000,
}
