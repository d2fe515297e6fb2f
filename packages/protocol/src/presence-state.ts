/** The states of RVP §9.1.5 to §9.1.11, and `idle` and `invisible`, which real clients send (client-facts §4). */
export const presenceStates = [
  'online',
  'offline',
  'away',
  'busy',
  'back-soon',
  'on-phone',
  'at-lunch',
  'idle',
  'invisible',
] as const

export type PresenceState = (typeof presenceStates)[number]

/** What others may be shown: `invisible` never leaves the server (client-facts §5, 19). */
export type VisibleState = Exclude<PresenceState, 'invisible'>

export function isPresenceState(name: string): name is PresenceState {
  return (presenceStates as readonly string[]).includes(name)
}

/** The state as others see it: an invisible user is offline to them. */
export function visibleState(state: PresenceState): VisibleState {
  return state === 'invisible' ? 'offline' : state
}
