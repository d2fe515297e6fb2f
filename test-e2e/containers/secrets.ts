import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { passwordOf, writeUsersFile } from '../cluster/users-file.ts'
import { temporaryFolder } from '../work-folder.ts'
import { type Manifest, readManifests } from './pods/manifests.ts'

/** The Secrets that an operator makes before the chart is installed, with the passwords of two of the users for `helm test`. */
export async function makeSecrets(users: readonly [string, string, ...string[]]): Promise<Manifest[]> {
  const [first, second] = users
  const entries = {
    'cluster-keys': { k1: newSecret() },
    redis: { password: newSecret() },
    nats: { password: newSecret() },
    users: { 'users.yaml': await usersFile(users) },
    'test-users': { user: passwordOf(first), with: passwordOf(second) },
  }
  const secrets = Object.entries(entries).map(([name, stringData]) =>
    stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData }),
  )
  return readManifests(secrets.join('---\n'))
}

async function usersFile(names: readonly string[]): Promise<string> {
  await using folder = await temporaryFolder('users')
  const file = join(folder.path, 'users.yaml')
  await writeUsersFile(file, names)
  return await readFile(file, 'utf8')
}

function newSecret(): string {
  return randomBytes(32).toString('hex')
}
