/** A home that nobody holds, as a process sees it that may take it. */
export interface FreeHome {
  /** Whether it is one of the process' own, rather than one that it stands by for. */
  readonly own: boolean
  /** Whether it was given up on purpose just now. */
  readonly released: boolean
  /** Whether somebody was seen to hold it since this process started. */
  readonly heldBefore: boolean
}

/** How long a home that nobody was seen to hold is left to the process whose own it is, which may be starting. */
const leftToOwnerMs = 10_000
const stepAfterReleaseMs = 25
const stepAfterDeathMs = 100
/** A takeover is to be over within 10 s, of which the lease and the poll need most. */
const maxDelayMs = 1_000

/** How long to leave a free home to others, in milliseconds: the more homes a process holds, the longer, so that the least loaded takes it. */
export function takeDelayMs({ own, released, heldBefore }: FreeHome, homesHeld: number): number {
  if (own) return 0
  if (released) return Math.min(maxDelayMs, homesHeld * stepAfterReleaseMs)
  return Math.min(maxDelayMs, homesHeld * stepAfterDeathMs) + (heldBefore ? 0 : leftToOwnerMs)
}
