import type {
  Audience,
  CallBackPolicyOptions,
  Clock,
  Devices,
  Directory,
  DomainLimits,
  Ids,
  Nodes,
  Notifications,
  Presence,
  Subscriptions,
} from '@parley/domain'
import type { CreatePolicy } from './create-policy.ts'
import type { DirectoryGroups } from './directory-groups.ts'

/** What the methods of a home work on; each takes the few it needs. */
export interface HomeDeps {
  readonly nodes: Nodes
  readonly directory: Directory
  readonly presence: Presence
  readonly devices: Devices
  readonly subscriptions: Subscriptions
  /** Who watches the nodes, here and elsewhere. */
  readonly watches: Audience
  readonly notifications: Notifications
  /** Groups whose members the directory names; absent: there are none. */
  readonly groups?: Pick<DirectoryGroups, 'load'> | undefined
  readonly callBackPolicy: CallBackPolicyOptions
  readonly createPolicy: CreatePolicy
  readonly limits: DomainLimits
  readonly clock: Clock
  readonly ids: Ids
}
