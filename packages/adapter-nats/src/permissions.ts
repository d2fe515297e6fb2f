import { nkeys } from '@nats-io/transport-node'
import { type NatsConfig, NatsConfigError } from './config.ts'
import { Subjects } from './subjects.ts'

/** `home` publishes and watches; a `router` needs nothing of NATS; a `monitor` only listens. */
export type NatsRole = 'home' | 'router' | 'monitor'

export const natsRoles: readonly NatsRole[] = ['home', 'router', 'monitor']

/** A user of NATS: `password` plain or as `nats server passwd` makes it (bcrypt), or `nkey`, the public key U…. */
export type NatsUser = { readonly role: NatsRole } & (
  | { readonly user: string; readonly password: string }
  | { readonly nkey: string }
)

interface Permission {
  readonly allow?: readonly string[]
  readonly deny: readonly string[]
}

// NOTE: the allowed subjects leave JetStream's out by themselves; it is denied by name too, so that a wider list cannot
// let it in. What the bus says must never be stored (design.md, promise 4).
const jetStream = '$JS.>'
const nothing: Permission = { deny: ['>'] }

/**
 * The `authorization` block of a nats-server.conf that gives each user what its role needs, and no more. `prefix` is that
 * of the configuration (NatsConfig). Throws RangeError for a text that cannot stand in the file.
 */
export function natsAuthorization(users: readonly NatsUser[], { prefix }: { readonly prefix: string }): string {
  const subjects = new Subjects(prefix).all
  const blocks = users.map((user) => {
    const { publish, subscribe } = permissionsOf(user.role, subjects)
    const who =
      'nkey' in user ? `nkey: ${text(user.nkey)}` : `user: ${text(user.user)}, password: ${text(user.password)}`
    return [
      `    # ${user.role}`,
      '    {',
      `      ${who}`,
      `      permissions: { publish: ${block(publish)}, subscribe: ${block(subscribe)} }`,
      '    }',
    ].join('\n')
  })
  return ['authorization {', '  users: [', ...blocks, '  ]', '}', ''].join('\n')
}

/**
 * The user as whom `config` connects, for `natsAuthorization`. Throws NatsConfigError where it names none whom a
 * nats-server.conf could hold.
 */
export function natsUserOf({ user, password, nkey, creds, prefix }: NatsConfig, role: NatsRole): NatsUser {
  if (user !== undefined) return { role, user, password: password ?? '' }
  if (nkey !== undefined) return { role, nkey: publicKeyOf(nkey) }
  const subjects = new Subjects(prefix).all.join(' and ')
  if (creds !== undefined) {
    throw new NatsConfigError(
      `a credentials file holds its permissions itself: let its user publish and subscribe to ${subjects}, and nothing else`,
    )
  }
  throw new NatsConfigError('no user of NATS is configured: give one with its password, or an nkey')
}

function publicKeyOf(seed: string): string {
  try {
    return nkeys.fromSeed(new TextEncoder().encode(seed.trim())).getPublicKey()
  } catch (cause) {
    throw new NatsConfigError('nkey cannot be read: it must be the seed of a user, SU…', { cause })
  }
}

function permissionsOf(role: NatsRole, subjects: readonly string[]): { publish: Permission; subscribe: Permission } {
  const everything = { allow: subjects, deny: [jetStream] }
  switch (role) {
    case 'home':
      return { publish: everything, subscribe: everything }
    case 'router':
      return { publish: nothing, subscribe: nothing }
    case 'monitor':
      return { publish: nothing, subscribe: everything }
  }
}

function block({ allow, deny }: Permission): string {
  const list = (subjects: readonly string[]) => `[${subjects.map(text).join(', ')}]`
  return `{ ${allow ? `allow: ${list(allow)}, ` : ''}deny: ${list(deny)} }`
}

function text(value: string): string {
  if (!/^[\x20-\x7e]+$/.test(value)) throw new RangeError('a user of NATS must be made of printable ASCII characters')
  return `"${value.replace(/["\\]/g, '\\$&')}"`
}
