import type { FollowerSettings } from './change-follower.ts'

/** What followers of Active Directory are given besides. */
export interface AdFollowerSettings extends FollowerSettings {
  /** Attributes that entries are made of, or that filters ask for. */
  readonly watched: readonly string[]
  /**
   * Distinguished names of the groups whose members may use IM, as the filter has them: who joins or leaves one changes without
   * a change of the own entry.
   */
  readonly memberships: readonly string[]
  /** Whether groups become group nodes. */
  readonly hasGroupNodes: boolean
}
