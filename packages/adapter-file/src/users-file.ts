import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import {
  type CredentialSource,
  type DigestAttempt,
  type Directory,
  type DirectoryUser,
  equalInConstantTime,
  isNtlmResponse,
  type NtlmAttempt,
} from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { parseUsers } from './parse-users.ts'
import { PasswordChecks, unmatchedPasswordHash } from './password-hash.ts'
import { readPrivateFile } from './read-private-file.ts'
import { UserTable } from './user-table.ts'
import { UsersFileError } from './users-file-error.ts'

/** How a users file is opened. */
export interface UsersFileOptions {
  /** The IM domain of its users, in lower case. */
  readonly domain: string
  /** Hears why a changed file was not taken over, or is not watched; the last good content stays in force. */
  readonly onProblem: (problem: UsersFileError) => void
}

/**
 * Opens a users file and follows its changes until it is disposed. Rejects with UsersFileError when it is broken, missing or
 * open to every user of the machine. Meant for an office: reading it takes about 0.2 ms a user.
 */
export async function openUsersFile(path: string, options: UsersFileOptions): Promise<UsersFile> {
  const domain = options.domain.toLowerCase()
  const file = await readPrivateFile(path)
  const table = new UserTable(domain, parseUsers(file?.text ?? '', path).content)
  const users = new UsersFile(path, { ...options, domain }, table, file?.mark)
  users.follow()
  return users
}

/** Stand in for an account that does not exist, so that it costs the same. */
const noHa1 = '0'.repeat(32)
const noNtHash = new Uint8Array(16)

/** Users from a YAML file of verifiers; `openUsersFile` makes it. */
export class UsersFile implements CredentialSource, Directory, AsyncDisposable {
  readonly #path: string
  readonly #options: UsersFileOptions
  readonly #checks: PasswordChecks = new PasswordChecks()
  readonly #listeners: Set<(changed: readonly LogicalUrl[]) => void> = new Set()
  #table: UserTable
  #mark: string | undefined
  #watcher: FSWatcher | undefined
  #reloading: Promise<void> | undefined
  #changedMeanwhile = false

  constructor(path: string, options: UsersFileOptions, table: UserTable, mark: string | undefined) {
    this.#path = path
    this.#options = options
    this.#table = table
    this.#mark = mark
  }

  get realm(): string {
    return this.#table.realm
  }

  verifyDigest(attempt: DigestAttempt): LogicalUrl | undefined {
    const known = this.#table.digest(attempt.domain, attempt.username)
    const expected = attempt.expectedResponse(known?.ha1 ?? noHa1)
    const fits = equalInConstantTime(expected, attempt.response) && attempt.realm === this.#table.realm
    return fits && known?.row.enabled ? known.row.user.node : undefined
  }

  verifyNtlm(attempt: NtlmAttempt): LogicalUrl | undefined {
    const row = this.#table.account(attempt.domain, attempt.username)
    const fits = isNtlmResponse(row?.ntHash ?? noNtHash, attempt)
    return fits && row?.enabled && row.ntHash ? row.user.node : undefined
  }

  async verifyPassword(domain: string, username: string, password: string): Promise<LogicalUrl | undefined> {
    const row = this.#table.account(domain, username)
    const fits = await this.#checks.isRight(password, row?.passwordHash ?? unmatchedPasswordHash)
    return fits && row?.enabled && row.passwordHash ? row.user.node : undefined
  }

  user(node: LogicalUrl): DirectoryUser | undefined {
    const row = this.#table.user(node)
    return row?.enabled ? row.user : undefined
  }

  /** Every enabled user. */
  users(): readonly DirectoryUser[] {
    return this.#table.users().flatMap(({ enabled, user }) => (enabled ? [user] : []))
  }

  onChange(listener: (changed: readonly LogicalUrl[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Watches the directory, as a file that is replaced by another cannot be watched itself. */
  follow(): void {
    const problem = (cause: unknown) => {
      const text = `${this.#path} is not watched: changes take effect at the next start`
      this.#options.onProblem(new UsersFileError(text, { cause }))
    }
    // NOTE: Kubernetes replaces a mounted secret by way of the link `..data`.
    const names = new Set<string | null>([basename(this.#path), '..data', null])
    try {
      this.#watcher = watch(dirname(this.#path), { persistent: false }, (_, name) => {
        if (names.has(name)) this.#changed()
      })
      this.#watcher.on('error', problem)
    } catch (cause) {
      problem(cause)
    }
    // What happened between reading and watching.
    this.#changed()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watcher?.close()
    this.#listeners.clear()
    await this.#reloading
  }

  #changed(): void {
    this.#changedMeanwhile = true
    this.#reloading ??= this.#reload().finally(() => {
      this.#reloading = undefined
    })
  }

  /** One reading at a time: events that come meanwhile are answered by one more. */
  async #reload(): Promise<void> {
    while (this.#changedMeanwhile) {
      this.#changedMeanwhile = false
      await this.#readAgain()
    }
  }

  async #readAgain(): Promise<void> {
    try {
      const file = await readPrivateFile(this.#path, this.#mark)
      if (!file) return
      this.#mark = file.mark
      const { content, document } = parseUsers(file.text, this.#path)
      // NOTE: `cp` and some editors empty a file before they write it; to believe it would sign everybody off.
      if (document.contents === null)
        throw new UsersFileError(`${this.#path} is empty; its last content stays in force`)
      this.#replace(new UserTable(this.#options.domain, content))
    } catch (problem) {
      if (!(problem instanceof UsersFileError)) throw problem
      this.#options.onProblem(problem)
    }
  }

  #replace(table: UserTable): void {
    const changed = table.changedSince(this.#table)
    this.#table = table
    if (changed.length > 0) for (const listener of this.#listeners) listener(changed)
  }
}
