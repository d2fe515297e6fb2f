import { type Clock, NotAskedError, type SourceId } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { PasswordPolicyControl } from 'ldapts'
import { AtMost } from './at-most.ts'
import { type BindAnswer, readBindAnswer } from './bind-answer.ts'
import type { DirectoryOptions } from './directory-options.ts'
import { KeptConnection } from './kept-connection.ts'
import { directoryUnavailable, translated } from './ldap-fault.ts'
import { LdapServers } from './ldap-servers.ts'
import { type LockoutPolicy, readLockoutPolicy } from './lockout-policy.ts'
import { readNtDomain } from './nt-domain.ts'
import { type Preset, presets } from './presets.ts'
import { idFilter } from './source-id.ts'

/** `unknown`: the directory has no such entry. */
export type PasswordVerdict = 'right' | 'wrong' | 'unknown'

export interface LdapBindEvents {
  /** The directory said no, and why, in words for the log: a locked account, a password that has expired. */
  refused(id: SourceId, reason: string): void
}

/** Each is a connection of its own; who comes when so many are checked waits for a turn. */
const atOnce = 32

/**
 * How long after it was asked for a password may still be shown to a directory.
 *
 * NOTE: who counts tries takes it that the directory has seen a password within a minute, or never will (AttemptTimes).
 */
const latestMs = 30_000

/** Checks passwords by signing in to the directory with them. */
export class LdapBind implements AsyncDisposable {
  readonly #servers: LdapServers
  readonly #reader: KeptConnection
  readonly #preset: Preset
  readonly #base: string
  readonly #events: LdapBindEvents
  readonly #clock: Clock
  readonly #checks = new AtMost(atOnce)

  /** Nothing is connected until it is needed. Throws LdapSetupError. */
  constructor(
    options: Pick<DirectoryOptions, 'preset' | 'base'> & ConstructorParameters<typeof LdapServers>[0],
    clock: Clock,
    events: LdapBindEvents = { refused: () => undefined },
  ) {
    this.#servers = new LdapServers(options, clock)
    this.#reader = new KeptConnection(this.#servers)
    this.#preset = presets[options.preset]
    this.#base = options.base
    this.#events = events
    this.#clock = clock
  }

  /**
   * Whether this is the password of the entry: its name is looked up by the account that reads, then the password is tried on a connection of
   * its own. A password that has expired or must be changed is wrong. Rejects with UnavailableError when it could not be checked, of the
   * kind NotAskedError when the directory has not seen it.
   */
  async verify(id: SourceId, password: string): Promise<PasswordVerdict> {
    // NOTE: a directory lets everybody in without a password, as nobody in particular (RFC 4513 §5.1.2).
    if (password === '') return 'wrong'
    const latest = this.#clock.elapsed() + latestMs
    return await translated(async () => {
      const dn = await beforeAsking(() => this.#dnOf(id))
      if (dn === undefined || dn === '') return 'unknown'
      const answer = await this.#checks.run(() => this.#tryPassword(dn, password, latest))
      if (answer.kind === 'right') return 'right'
      this.#events.refused(id, answer.reason)
      return 'wrong'
    })
  }

  /** When the directory locks accounts; undefined when it does not say, or not to us. Rejects with UnavailableError. */
  async readLockoutPolicy(): Promise<LockoutPolicy | undefined> {
    if (this.#preset.kind !== 'active-directory') return undefined
    return await translated(() => this.#reader.use(readLockoutPolicy))
  }

  /** What users may write before their account; undefined when the directory tells none. Rejects with UnavailableError. */
  async readNtDomain(): Promise<string | undefined> {
    if (this.#preset.kind !== 'active-directory') return undefined
    return await translated(() => this.#reader.use(readNtDomain))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]()
  }

  async #tryPassword(
    dn: string,
    password: string,
    latest: number,
  ): Promise<Exclude<BindAnswer, { readonly kind: 'unchecked' }>> {
    await using connection = await beforeAsking(() => this.#servers.open())
    if (this.#clock.elapsed() > latest) throw new NotAskedError('the directory is too slow now')
    const result = await connection.bind(dn, password, [new PasswordPolicyControl()])
    const answer = readBindAnswer(result)
    if (answer.kind !== 'unchecked') return answer
    throw directoryUnavailable(connection.failure(result, 'check of a password').message)
  }

  async #dnOf(id: SourceId): Promise<string | undefined> {
    const filter = idFilter(id, this.#preset.id)
    if (filter === undefined) return undefined
    const search = { base: this.#base, filter, attributes: ['1.1'], sizeLimit: 2 }
    const found = await this.#reader.use((connection) => connection.find(search))
    return found.length === 1 ? found[0]?.dn : undefined
  }
}

/** Work that nobody is shown the password in. */
async function beforeAsking<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await translated(work)
  } catch (cause) {
    if (!(cause instanceof UnavailableError)) throw cause
    throw new NotAskedError(cause.publicMessage, { cause, detail: cause.message })
  }
}
