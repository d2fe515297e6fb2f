import type { Epoch, HandBackAnswer, HomeHolder, HomeLease, HomeName } from '@parley/domain'

/** What a keeper of homes reports: one place for each fact (style.md, principle 12). */
export interface HomeKeeperEvents {
  /** The home is held and serves. */
  homeTaken(home: HomeName, epoch: Epoch): void
  /** One of the own homes is held by another process; told once for each take. */
  homeElsewhere(home: HomeName, holder: HomeHolder): void
  /** The holder of one of the own homes was asked for it; `failure` says why there is no answer. */
  homeAskedBack(lease: HomeLease, answer: HandBackAnswer | undefined, failure: unknown): void
  /** Somebody else took the home while this process did not renew its lease; it stopped serving. */
  homeLost(home: HomeName, epoch: Epoch): void
  /** The home was given up on purpose. */
  homeHandedOver(home: HomeName, epoch: Epoch): void
  /** The home was taken and could not be opened; told once until it opens. It is tried again, less and less often. */
  homeOpenFailed(home: HomeName, err: unknown): void
  /** A home that is given up could not be closed properly; it is given up all the same. */
  homeCloseFailed(home: HomeName, err: unknown): void
  /** The homes to stand by for could not be listed; the last list stays. Told once until they can. */
  homesUnlisted(err: unknown): void
  /** The leases cannot be asked; what is held goes on serving from memory. Told once until they are back. */
  storeAway(err: unknown): void
  storeBack(): void
}

/** Events that nobody looks at. */
export const silentHomeKeeperEvents: HomeKeeperEvents = {
  homeTaken() {},
  homeElsewhere() {},
  homeAskedBack() {},
  homeLost() {},
  homeHandedOver() {},
  homeOpenFailed() {},
  homeCloseFailed() {},
  homesUnlisted() {},
  storeAway() {},
  storeBack() {},
}
