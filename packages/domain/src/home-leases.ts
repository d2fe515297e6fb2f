import type { HomeName } from './home-name.ts'
import type { Epoch } from './node-store.ts'

/** The process that holds a home. */
export interface HomeHolder {
  /** Unique to one run of one process. */
  readonly id: string
  /** Where other nodes of the cluster reach it: `http://host:port` or `https://host:port`, without a path. */
  readonly clusterUrl: string
  /** Where clients reach it, for redirects (RVP §4.1.2, physical URL): `http://host[:port]`. Absent: never redirect there. */
  readonly clientUrl?: string
}

/** A home, who holds it, and since which take. */
export interface HomeLease {
  readonly home: HomeName
  readonly epoch: Epoch
  readonly holder: HomeHolder
}

/** Who holds which home, with an epoch that only grows (design.md, "Holding a home"). All reject with UnavailableError when nobody answers. */
export interface HomeLeases {
  /**
   * Takes the home for `lifetimeMs` if nobody holds it; undefined when somebody does, this holder included. The epoch is
   * larger than any before, and from then on the store refuses what older ones write.
   */
  take(home: HomeName, holder: HomeHolder, lifetimeMs: number): Promise<Epoch | undefined>
  /**
   * Prolongs the lease of this epoch; false when it is lost: somebody else took the home since. A lease that ran out and that
   * nobody took is prolonged.
   */
  renew(home: HomeName, holder: HomeHolder, epoch: Epoch, lifetimeMs: number): Promise<boolean>
  /** Gives the home up; its listeners hear of it at once. Harmless when it is not held at this epoch. */
  release(home: HomeName, epoch: Epoch): Promise<void>
  /** Who holds it now. */
  lease(home: HomeName): Promise<HomeLease | undefined>
  /** Every home that somebody holds now. */
  leases(): Promise<readonly HomeLease[]>
  /**
   * Calls `listener` after a home was taken or released, by whomever; with undefined when some changes may have been missed.
   * A lease that runs out is not told. Returns how to stop.
   */
  onChange(listener: (home: HomeName | undefined) => void): () => void
}
