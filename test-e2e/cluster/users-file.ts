import { hash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'

const realm = 'parley'

/** The password of a user of `writeUsersFile`. */
export function passwordOf(name: string): string {
  return `secret of ${name}`
}

/** Writes a users file with the verifiers of Digest as they are: `parley user add` is too slow for hundreds. */
export async function writeUsersFile(file: string, names: readonly string[]): Promise<void> {
  const users = names.map((name) => ({
    name,
    enabled: true,
    verifiers: { digest: { [name]: hash('md5', `${name}:${realm}:${passwordOf(name)}`) } },
  }))
  // NOTE: JSON is YAML.
  await writeFile(file, JSON.stringify({ realm, users }), { mode: 0o600 })
}
