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
