import { accountNameOf, type DirectoryUser } from '@parley/domain'
import { type LogicalUrl, userUrl } from '@parley/protocol'
import type { UserContent, UsersContent } from './users-schema.ts'

/** A user of the file, ready to be asked for. */
export interface UserRow {
  readonly user: DirectoryUser
  readonly enabled: boolean
  readonly ntHash: Uint8Array | undefined
  readonly passwordHash: string | undefined
  /** Equal as long as nothing about the user changed. */
  readonly content: string
}

/** The HA1 of one spelling of a user's name. */
export interface DigestRow {
  readonly ha1: string
  readonly row: UserRow
}

/** The users of a file in one IM domain, by all that they are looked up by. */
export class UserTable {
  readonly realm: string
  readonly #domain: string
  readonly #byNode: ReadonlyMap<LogicalUrl, UserRow>
  readonly #bySpelling: ReadonlyMap<string, DigestRow>

  constructor(domain: string, { realm, users }: UsersContent) {
    this.realm = realm
    this.#domain = domain
    const rows = users.map((user) => ({ digest: user.verifiers.digest, row: rowOf(domain, user) }))
    this.#byNode = new Map(rows.map(({ row }) => [row.user.node, row]))
    this.#bySpelling = new Map(
      rows.flatMap(({ digest, row }) => Object.entries(digest).map(([name, ha1]) => [name, { ha1, row }] as const)),
    )
  }

  users(): readonly UserRow[] {
    return [...this.#byNode.values()]
  }

  user(node: LogicalUrl): UserRow | undefined {
    return this.#byNode.get(node)
  }

  /** By the exact spelling, which the HA1 covers. */
  digest(domain: string, username: string): DigestRow | undefined {
    return domain === this.#domain ? this.#bySpelling.get(username) : undefined
  }

  /** By any spelling. */
  account(domain: string, username: string): UserRow | undefined {
    const name = accountNameOf(username)
    if (domain !== this.#domain || !namePattern.test(name)) return undefined
    return this.#byNode.get(userUrl(domain, name))
  }

  /** Nodes that are not the same in `other`. */
  changedSince(other: UserTable): LogicalUrl[] {
    const nodes = new Set([...this.#byNode.keys(), ...other.#byNode.keys()])
    return [...nodes].filter((node) => this.user(node)?.content !== other.user(node)?.content)
  }
}

const namePattern = /^[a-z0-9][a-z0-9._~!$'+-]*$/

function rowOf(domain: string, content: UserContent): UserRow {
  const { name, enabled, displayName = name, mail, verifiers } = content
  const user = { node: userUrl(domain, name), displayName, ...(mail === undefined ? {} : { mail }) }
  const ntHash = verifiers.ntlm === undefined ? undefined : Buffer.from(verifiers.ntlm, 'hex')
  return { user, enabled, ntHash, passwordHash: verifiers.password, content: JSON.stringify(content) }
}
