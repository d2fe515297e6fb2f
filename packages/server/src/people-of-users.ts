import {
  type Directory,
  type DirectoryUser,
  type MapEntry,
  type People,
  PeopleMemory,
  parseHomeName,
} from '@parley/domain'
import type { PeoplePolicy } from '@parley/http'
import type { SearchConfig } from './search-config.ts'

/** The accounts of a users file, as the search for people sees them. */
export interface ListedUsers extends Pick<Directory, 'user'> {
  users(): readonly DirectoryUser[]
}

/** The search over a users file: an office is small enough to look at everybody. */
export function peopleOfUsers(users: ListedUsers): People {
  const home = parseHomeName('office')
  const entryOf = (user: DirectoryUser): MapEntry => ({ ...user, kind: 'user', home })
  return new PeopleMemory({
    async *all() {
      yield* users.users().map(entryOf)
    },
    async entry(node) {
      const user = users.user(node)
      return user && entryOf(user)
    },
  })
}

/** What the configuration says of the search. */
export function peopleSettings({ search }: { readonly search: Omit<SearchConfig, 'within'> & Partial<SearchConfig> }): {
  readonly policy: PeoplePolicy
  readonly perMinute: number
} {
  const { perMinute, ...policy } = search
  return { policy, perMinute }
}
