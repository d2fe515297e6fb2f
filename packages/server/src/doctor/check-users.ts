import type { Stats } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { parseUsers, type UserContent, UsersFileError } from '@parley/adapter-file'
import type { SharedConfig } from '../config-sections.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

type UsersConfig = Pick<SharedConfig, 'domains' | 'auth'> & { readonly users: string }

/** The users file: readable, private, and of use to the users in it. */
export async function checkUsers(config: UsersConfig): Promise<readonly Finding[]> {
  const path = config.users
  const found = await stat(path).catch(() => undefined)
  if (!found) {
    return [fail(`the users file ${path} does not exist`, `parley user add NAME --users ${path} --enable`)]
  }
  try {
    const { content } = parseUsers(await readFile(path, 'utf8'), path)
    return [checkMode(path, found), ...checkAccounts(content.users, config)]
  } catch (error) {
    if (!(error instanceof UsersFileError))
      return [fail(`${path} cannot be read: ${reasonOf(error)}`, `chown and chmod 600 ${path}`)]
    const [, ...mistakes] = error.message.split('\n')
    return mistakes.map((mistake) => fail(`${path}: ${mistake.trim()}`, 'mend that line'))
  }
}

function checkMode(path: string, { mode, uid, gid }: Stats): Finding {
  const todo = `chmod 600 ${path}`
  // NOTE: the server refuses a file that all may read, since whoever reads a verifier can sign in with it.
  if ((mode & 0o007) !== 0) return fail(`${path} is open to every user of this machine`, todo)
  // In Kubernetes a Secret's files are root's, and our group (fsGroup) is how we may read them.
  const isGranted = uid !== process.getuid?.() && gid === process.getgid?.() && (mode & 0o030) === 0
  return (mode & 0o070) === 0 || isGranted ? ok(`${path} is private`) : warn(`${path} is open to its group`, todo)
}

function checkAccounts(users: readonly UserContent[], config: UsersConfig): Finding[] {
  const enabled = users.filter((user) => user.enabled)
  const count = `${users.length} users, ${enabled.length} enabled`
  if (users.length === 0) return [warn('there are no users', `parley user add NAME --users ${config.users} --enable`)]
  if (enabled.length === 0) return [warn(count, `parley user enable NAME --users ${config.users}`)]
  const findings = [ok(count)]
  const bare = enabled.filter((user) => !canProve(user, config.auth))
  if (bare.length > 0) {
    const what = `without a verifier of any scheme that is on: ${namesOf(bare)}`
    findings.push(warn(what, `parley user passwd NAME --users ${config.users}`))
  }
  if (!config.auth.digest) return findings
  for (const { name } of config.domains) {
    const lacking = enabled.filter((user) => hasDigest(user) && !knowsDomain(user, name))
    if (lacking.length === 0) continue
    // Digest covers the name letter by letter (client-facts §5, 37).
    const what = `cannot sign in with Digest as USER@${name}: ${namesOf(lacking)}`
    findings.push(warn(what, `parley user passwd NAME --domain ${name} --users ${config.users}`))
  }
  return findings
}

function canProve({ verifiers }: UserContent, { digest, ntlm, basic }: SharedConfig['auth']): boolean {
  if (digest && Object.keys(verifiers.digest).length > 0) return true
  return (ntlm && verifiers.ntlm !== undefined) || (basic && verifiers.password !== undefined)
}

function hasDigest({ verifiers }: UserContent): boolean {
  return Object.keys(verifiers.digest).length > 0
}

function knowsDomain({ verifiers }: UserContent, domain: string): boolean {
  return Object.keys(verifiers.digest).some((spelling) => spelling.toLowerCase().endsWith(`@${domain}`))
}

const maxNames = 5

function namesOf(users: readonly UserContent[]): string {
  const names = users.slice(0, maxNames).map(({ name }) => name)
  return names.join(', ') + (users.length > maxNames ? ` and ${users.length - maxNames} more` : '')
}
