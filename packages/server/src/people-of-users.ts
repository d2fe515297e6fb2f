import {
  type Directory,
  type DirectoryUser,
  type MapEntry,
  type People,
  PeopleMemory,
  parseHomeName,
} from '@parley/domain'

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
