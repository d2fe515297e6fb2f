import type { HomeHolder, HomeName } from '@parley/domain'

/** A request that a router could not hand to a home at once. */
export interface DelayedRequest {
  readonly reqId: string
  readonly home: HomeName
  /** Who should have taken it; undefined when nobody held the home, or when it only waits for those before it. */
  readonly holder: HomeHolder | undefined
  /** The private side of what went wrong; undefined when nobody was asked. */
  readonly err: unknown
}

/** What a router reports about itself. */
export interface RouterEvents {
  /** A home has answered, at the first attempt or a later one. */
  forwarded(home: HomeName, attempts: number): void
  /** A client was told to ask the holder of the home itself (RVP §4.1.2). */
  redirected(home: HomeName): void
  /** A request waits for the next holder of its home. */
  held(request: DelayedRequest): void
  /** A request waited in vain: nobody held its home all the time. */
  unheld(home: HomeName): void
  /** A request was sent to a holder that does not answer. */
  unreachable(request: DelayedRequest): void
  /** A request was refused because too many wait already. */
  overflowed(home: HomeName): void
}

/** Events that nobody looks at. */
export const silentRouterEvents: RouterEvents = {
  forwarded() {},
  redirected() {},
  held() {},
  unheld() {},
  unreachable() {},
  overflowed() {},
}
