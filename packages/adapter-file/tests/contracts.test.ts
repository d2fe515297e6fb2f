import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  contractAccounts,
  contractDomains,
  contractUsers,
  credentialSourceContract,
  directoryContract,
} from '@parley/domain/contracts'
import { aliasOf, type LogicalUrl } from '@parley/protocol'
import { afterAll, beforeAll } from 'vitest'
import { addUser, openUsersFile, removeUser, setEnabled, type UsersFileError } from '../src/index.ts'
import { usersDirectory } from './users-directory.ts'

const { domain, ntDomain } = contractDomains
const onProblem = (problem: UsersFileError) => {
  throw problem
}

const made = await usersDirectory()
const accountsPath = join(made.directory, 'accounts.yaml')
const usersPath = join(made.directory, 'users.yaml')

beforeAll(async () => {
  for (const account of contractAccounts) {
    await addUser(accountsPath, { ...account, domains: [domain], ntDomains: [ntDomain] })
  }
  for (const { node, ...user } of contractUsers) {
    await addUser(usersPath, { ...user, name: nameOf(node), password: 'Password' })
  }
})
afterAll(() => made[Symbol.asyncDispose]())

credentialSourceContract(async () => {
  const credentials = await openUsersFile(accountsPath, { domain, onProblem })
  return { credentials, [Symbol.asyncDispose]: () => credentials[Symbol.asyncDispose]() }
})

directoryContract(async () => {
  await using stack = new AsyncDisposableStack()
  const { path } = stack.use(await usersDirectory())
  await copyFile(usersPath, path)
  const directory = stack.use(await openUsersFile(path, { domain, onProblem }))
  const owned = stack.move()
  return {
    directory,
    setEnabled: (node, enabled) => setEnabled(path, nameOf(node), enabled),
    remove: (node) => removeUser(path, nameOf(node)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
})

function nameOf(node: LogicalUrl): string {
  const name = aliasOf(node)
  if (name === undefined) throw new Error(`${node} is no user`)
  return name
}
