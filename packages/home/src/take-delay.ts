import type { HomeHolder, HomeName } from '@parley/domain'

/** A home that nobody holds, as a process sees it that may take it. */
export interface FreeHome {
  /** Whether it is one of the process' own, rather than one that it stands by for. */
  readonly own: boolean
  /** Whether it was given up on purpose just now. */
  readonly released: boolean
  /** Whether somebody was seen to hold it since this process started. */
  readonly heldBefore: boolean
  /** What differs between processes that hold equally many homes, for each home anew (`shareOf`). */
  readonly share: number
}

/** How long a home that nobody was seen to hold is left to the process whose own it is, which may be starting. */
const leftToOwnerMs = 10_000
/** NOTE: a home is given up, too, because the process whose own it is has asked for it: that one hears of it as late as all others. */
const leftToOwnerAfterReleaseMs = 150
const stepAfterReleaseMs = 25
const stepAfterDeathMs = 100
/** NOTE: whoever polls first after a death would take all of the dead one's homes; polls are a second apart. */
const spreadAfterDeathMs = 500
/** A takeover is to be over within 10 s, of which the lease and the poll need most. */
const maxDelayMs = 1_000

/** How long to leave a free home to others, in milliseconds: the more homes a process holds, the longer, so that the least loaded takes it. */
export function takeDelayMs({ own, released, heldBefore, share }: FreeHome, homesHeld: number): number {
  if (own) return 0
  if (released) return Math.min(maxDelayMs, leftToOwnerAfterReleaseMs + homesHeld * stepAfterReleaseMs)
  const delayMs = Math.min(maxDelayMs, homesHeld * stepAfterDeathMs + share * spreadAfterDeathMs)
  return delayMs + (heldBefore ? 0 : leftToOwnerMs)
}

/** A number from 0 to 1, the same whenever the same holder looks at the same home. */
export function shareOf(holder: HomeHolder, home: HomeName): number {
  let hash = 0x811c9dc5
  for (const character of `${holder.id} ${home}`) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  // NOTE: FNV leaves the upper half of short texts much alike.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}
