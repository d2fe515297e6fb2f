import { openUsersFile, type UsersFile } from '@parley/adapter-file'
import type { CredentialSource, DigestAttempt, Directory, DirectoryUser, NtlmAttempt } from '@parley/domain'
import { domainOf, type LogicalUrl } from '@parley/protocol'
import type { Logger } from './logger.ts'

/** The accounts of a users file. */
export interface Users extends CredentialSource, Directory, AsyncDisposable {
  /** Every enabled user. */
  users(): readonly DirectoryUser[]
}

/** Opens the users file for each IM domain; the users of the file exist in all of them. */
export async function openUsers(
  config: { readonly domains: readonly { readonly name: string }[]; readonly users: string },
  logger: Logger,
): Promise<Users> {
  await using open = new AsyncDisposableStack()
  const files = new Map<string, UsersFile>()
  for (const { name } of config.domains) {
    const onProblem = (problem: Error): void => {
      logger.warn({ event: 'users.problem', file: config.users, message: problem.message })
    }
    files.set(name, open.use(await openUsersFile(config.users, { domain: name, onProblem })))
  }
  const [first] = files.values()
  if (first && files.size === 1) {
    open.move()
    return first
  }
  return new UsersOfDomains(files, open.move())
}

/** Several IM domains in one process: each asks its own view of the users file. */
class UsersOfDomains implements Users {
  readonly #files: ReadonlyMap<string, UsersFile>
  readonly #open: AsyncDisposableStack

  constructor(files: ReadonlyMap<string, UsersFile>, open: AsyncDisposableStack) {
    this.#files = files
    this.#open = open
  }

  get realm(): string {
    return this.#files.values().next().value?.realm ?? ''
  }

  verifyDigest(attempt: DigestAttempt): LogicalUrl | undefined {
    return this.#files.get(attempt.domain)?.verifyDigest(attempt)
  }

  verifyNtlm(attempt: NtlmAttempt): LogicalUrl | undefined {
    return this.#files.get(attempt.domain)?.verifyNtlm(attempt)
  }

  async verifyPassword(domain: string, username: string, password: string): Promise<LogicalUrl | undefined> {
    return await this.#files.get(domain)?.verifyPassword(domain, username, password)
  }

  user(node: LogicalUrl): DirectoryUser | undefined {
    return this.#files.get(domainOf(node))?.user(node)
  }

  users(): readonly DirectoryUser[] {
    return [...this.#files.values()].flatMap((file) => file.users())
  }

  onChange(listener: (changed: readonly LogicalUrl[]) => void): () => void {
    const stops = [...this.#files.values()].map((file) => file.onChange(listener))
    return () => {
      for (const stop of stops) stop()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }
}
