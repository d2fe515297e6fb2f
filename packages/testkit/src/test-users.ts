import {
  type CredentialSource,
  CredentialSourceMemory,
  type DigestAttempt,
  type Directory,
  type DirectoryUser,
  type NtlmAttempt,
} from '@parley/domain'
import { type LogicalUrl, userUrl } from '@parley/protocol'

/** A user of a test domain: the password is `NAME-secret`. */
export interface TestUser {
  readonly name: string
  readonly displayName: string
  /** MD4 of the UTF-16LE password, for NTLM. */
  readonly ntHash?: string
}

export function passwordOf(name: string): string {
  return `${name}-secret`
}

/** The users of a test domain: a directory and a credential source in memory, from which users can be taken. */
export class TestUsers implements Directory, CredentialSource {
  readonly realm = 'parley'
  readonly #credentials: CredentialSourceMemory
  /** Everybody who ever was a user. */
  readonly nodes: readonly LogicalUrl[]
  readonly #users: Map<LogicalUrl, DirectoryUser>
  readonly #renamed = new Map<LogicalUrl, LogicalUrl>()
  readonly #listeners = new Set<(changed: readonly LogicalUrl[]) => void>()

  constructor(domain: string, users: readonly TestUser[]) {
    this.#credentials = new CredentialSourceMemory(
      domain,
      this.realm,
      users.map(({ name, ntHash }) => ({ name, password: passwordOf(name), enabled: true, ...(ntHash && { ntHash }) })),
    )
    this.#users = new Map(
      users.map(({ name, displayName }) => {
        const node = userUrl(domain, name)
        return [node, { node, displayName, mail: `${name}@example.com` }]
      }),
    )
    this.nodes = [...this.#users.keys()]
  }

  user(node: LogicalUrl): DirectoryUser | undefined {
    return this.#users.get(node)
  }

  users(): readonly DirectoryUser[] {
    return [...this.#users.values()]
  }

  onChange(listener: (changed: readonly LogicalUrl[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Takes a user out of the directory, as when the administrator disables the account. */
  disable(node: LogicalUrl): void {
    this.#users.delete(node)
    for (const listener of this.#listeners) listener([node])
  }

  /** Gives a user another URL; it signs in as before. */
  rename(node: LogicalUrl, to: LogicalUrl): void {
    const user = this.#users.get(node)
    this.#users.delete(node)
    if (user) this.#users.set(to, { ...user, node: to })
    this.#renamed.set(node, to)
  }

  /** The same, while no server runs that would notice. */
  remove(node: LogicalUrl): void {
    this.#users.delete(node)
  }

  verifyDigest(attempt: DigestAttempt): LogicalUrl | undefined {
    return this.#enabled(this.#credentials.verifyDigest(attempt))
  }

  verifyNtlm(attempt: NtlmAttempt): LogicalUrl | undefined {
    return this.#enabled(this.#credentials.verifyNtlm(attempt))
  }

  async verifyPassword(domain: string, username: string, password: string): Promise<LogicalUrl | undefined> {
    return this.#enabled(await this.#credentials.verifyPassword(domain, username, password))
  }

  #enabled(proved: LogicalUrl | undefined): LogicalUrl | undefined {
    const node = proved && (this.#renamed.get(proved) ?? proved)
    return node !== undefined && this.#users.has(node) ? node : undefined
  }
}
