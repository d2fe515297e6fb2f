import { CookieUselessError, type DirectorySource, type DirectoryUser, type SourceUser } from '@parley/domain'
import { aliasOf, domainOf } from '@parley/protocol'
import type { Users } from './users-of-domains.ts'

/**
 * The users file as the directory of a small cluster: it is read whole each time. An account is known by its name and its IM domain,
 * so that one which gets another name in the file is another account.
 */
export function usersFileSource(users: Pick<Users, 'users' | 'onChange'>, path: string): DirectorySource {
  return {
    fingerprint: `users file ${path}`,
    async *read(progress) {
      const entries = users.users().map((user) => sourceUser(user, path))
      yield { entries, gone: [], problems: [] }
      progress?.({ read: entries.length, expected: entries.length })
      return {}
    },
    // biome-ignore lint/correctness/useYield: there is nothing to give.
    async *changes() {
      throw new CookieUselessError('a users file is read whole')
    },
    onChange: (listener) => users.onChange(() => listener()),
  }
}

function sourceUser({ node, displayName, mail }: DirectoryUser, path: string): SourceUser {
  const address = `${aliasOf(node)}@${domainOf(node)}`
  return {
    kind: 'user',
    id: address,
    node,
    displayName,
    ...(mail !== undefined && { mail }),
    // NOTE: not the mail address, which the same account has in every IM domain.
    names: [address],
    attributes: {},
    origin: `${address} in ${path}`,
  }
}
