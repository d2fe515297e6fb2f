import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { addUser, listUsers } from '@parley/adapter-file'
import type { ServeFlags } from './load-config.ts'

const accounts = [
  { name: 'alice', displayName: 'Alice Archer' },
  { name: 'bob', displayName: 'Bob Baker' },
  { name: 'carol', displayName: 'Carol Cook' },
]
const password = 'parley-demo'

/** A demonstration that is ready to be served. */
export interface Demo {
  readonly flags: ServeFlags
  /** What to tell the user, once it is known where the server listens; empty when the accounts are not ours. */
  welcome(url: string): string
}

/** Fills in what `parley serve --demo` was not told: a domain, a store and accounts, all on this machine. */
export async function prepareDemo(flags: ServeFlags): Promise<Demo> {
  const data = flags.data ?? join('.data', 'demo')
  const users = flags.users ?? join(data, 'users.yaml')
  const domain = flags.domain ?? ['localhost']
  const isOurs = flags.users === undefined && flags.config === undefined
  await mkdir(data, { recursive: true, mode: 0o700 })
  if (isOurs) await addAccounts(users, domain)
  return {
    flags: {
      ...flags,
      data: join(data, 'store'),
      users,
      domain,
      insecureLoopbackCallbacks: flags.insecureLoopbackCallbacks ?? true,
      logLevel: flags.logLevel ?? 'warn',
    },
    welcome: (url) => (isOurs ? welcomeText(url, domain[0] ?? 'localhost') : ''),
  }
}

async function addAccounts(users: string, domains: readonly string[]): Promise<void> {
  const known = new Set((await listUsers(users)).map(({ name }) => name))
  for (const { name, displayName } of accounts) {
    if (known.has(name)) continue
    await addUser(users, { name, displayName, password, enabled: true, domains, ntDomains: ['DEMO'] })
  }
}

function welcomeText(url: string, domain: string): string {
  return `
Parley demonstration on ${url}, IM domain ${domain}

  accounts   ${accounts.map(({ name }) => name).join(', ')}   password   ${password}

Talk to yourself from two more terminals:

  npm run --silent parley -- chat alice@${domain} --server ${url} --contact bob
  npm run --silent parley -- chat bob@${domain} --server ${url} --contact alice

Classic clients (Pidgin with librvp, Miranda) know port 80 only: start with "-- --listen 127.0.0.1:80" as root and
sign in as alice@127.0.0.1. Ctrl-C ends it.

`
}
