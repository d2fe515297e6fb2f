import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { writeUsersFile } from '../cluster/users-file.ts'
import { temporaryFolder } from '../work-folder.ts'
import { runProgram } from './pods/docker.ts'
import { type Manifest, readManifests } from './pods/manifests.ts'

const chart = join(import.meta.dirname, '../../helm/parley')

export type Values = Readonly<Record<string, unknown>>

/** What `helm template` makes of the chart; `tests` are wanted, too. */
export async function renderChart(values: Values): Promise<Manifest[]> {
  await using folder = await temporaryFolder('values')
  const file = join(folder.path, 'values.yaml')
  await writeFile(file, stringify(values))
  const words = ['template', 'parley', chart, '--namespace', 'parley', '--kube-version', '1.30.0', '--values', file]
  return readManifests(await runProgram('helm', words))
}

/** A Secret, as an operator makes it before the chart is installed. */
export function secret(name: string, entries: Readonly<Record<string, string>>): Manifest {
  const text = stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: entries })
  const [made] = readManifests(text)
  if (!made) throw new Error('no Secret was read')
  return made
}

/** The users file of `names`, whose passwords are `passwordOf` them. */
export async function usersFile(names: readonly string[]): Promise<string> {
  await using folder = await temporaryFolder('users')
  await mkdir(folder.path, { recursive: true })
  const file = join(folder.path, 'users.yaml')
  await writeUsersFile(file, names)
  return await readFile(file, 'utf8')
}

/** A secret that nobody knows. */
export function newSecret(): string {
  return randomBytes(32).toString('hex')
}
