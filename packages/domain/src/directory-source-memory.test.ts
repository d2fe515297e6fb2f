import { userUrl } from '@parley/protocol'
import type { OpenDirectorySource } from './contracts/directory-source-contract.ts'
import { directoryChangesContract, directorySourceContract } from './contracts/directory-source-contract.ts'
import type { SourceUser } from './directory-source.ts'
import { DirectorySourceMemory } from './directory-source-memory.ts'

const open: OpenDirectorySource = async () => {
  const source = new DirectorySourceMemory()
  const users = new Map<string, SourceUser>()
  const userOf = (account: string): SourceUser => {
    const user = users.get(account)
    if (user === undefined) throw new Error(`there is no ${account}`)
    return user
  }
  const put = (account: string, user: SourceUser) => {
    users.set(account, user)
    source.put(user)
  }
  return {
    source,
    again: () => source,
    add: async (...people) => {
      for (const { account, displayName } of people)
        put(account, {
          kind: 'user',
          id: `id-of-${account}`,
          node: userUrl('im.example.com', account),
          displayName,
          names: [account],
          attributes: {},
          origin: `uid=${account}`,
        })
    },
    change: async (account, displayName) => put(account, { ...userOf(account), displayName }),
    rename: async (account, newAccount) =>
      put(newAccount, { ...userOf(account), node: userUrl('im.example.com', newAccount) }),
    disable: async (account) => source.remove(userOf(account).id),
    enable: async (account) => source.put(userOf(account)),
    spoil: async (account) => {
      const { id, origin } = userOf(account)
      source.spoil(id, { id, origin, what: 'the alias cannot be part of a URL' })
    },
    remove: async (account) => source.remove(userOf(account).id),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

directorySourceContract(open)
directoryChangesContract(open, { tellsRemoved: true })
