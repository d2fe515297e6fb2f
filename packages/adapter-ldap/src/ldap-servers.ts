import type { Clock } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { LdapConnection } from './ldap-connection.ts'
import { directoryUnavailable, LdapResultError, LdapSetupError, resultCode } from './ldap-fault.ts'
import { type LdapServer, type LdapServerOptions, ldapServers } from './ldap-server.ts'

/** NOTE: a wrong password that is tried with each poll would lock the very account; a person has to change something first. */
const refusalMs = 10 * 60_000

/** How long a server that could not be used is tried only after the others. */
const avoidedMs = 60_000

/** The servers of a directory, of which the first that answers is used. */
export class LdapServers {
  readonly #servers: readonly LdapServer[]
  readonly #bind: LdapServerOptions['bind']
  readonly #clock: Clock
  /** Until when servers are tried last. */
  readonly #avoided = new Map<string, number>()
  #refusal: { readonly untilMs: number; readonly error: LdapResultError } | undefined

  /** Throws LdapSetupError. */
  constructor(options: LdapServerOptions, clock: Clock) {
    this.#servers = ldapServers(options)
    // NOTE: a directory would take such a sign-in for nobody's in particular, and say yes (RFC 4513 §5.1.2).
    if (options.bind?.password === '') throw new LdapSetupError('the password of "bind.dn" is empty')
    this.#bind = options.bind
    this.#clock = clock
  }

  /**
   * A new connection, signed in as the account that reads, to the server `first` if it answers, else to the first that does. Rejects with
   * UnavailableError that says what is wrong with each, or with LdapResultError when the directory refuses the account: then
   * nobody tries again for ten minutes.
   */
  async connect(first?: string): Promise<LdapConnection> {
    if (this.#refusal && this.#refusal.untilMs > this.#clock.elapsed()) throw this.#refusal.error
    return await this.#firstThatAnswers(first, async (connection) => {
      if (this.#bind === undefined) return
      const result = await connection.bind(this.#bind.dn, this.#bind.password)
      if (result.code === resultCode.success) return
      throw connection.failure(result, `sign-in as ${this.#bind.dn} ("bind.dn", "bind.passwordFile")`)
    })
  }

  /** A new connection on which nobody is signed in, to the first server that answers. Rejects with UnavailableError. */
  async open(): Promise<LdapConnection> {
    return await this.#firstThatAnswers(undefined, async () => undefined)
  }

  async #firstThatAnswers(
    first: string | undefined,
    prepare: (connection: LdapConnection) => Promise<void>,
  ): Promise<LdapConnection> {
    const faults: string[] = []
    for (const server of this.#inOrder(first)) {
      // NOTE: of those who come while it is looked whether a server is back, one waits for it.
      if (this.#avoided.has(server.url)) this.#avoid(server)
      try {
        await using opening = new AsyncDisposableStack()
        const connection = opening.use(await LdapConnection.open(server, this.#clock))
        await prepare(connection)
        opening.move()
        this.#avoided.delete(server.url)
        return connection
      } catch (error) {
        if (error instanceof LdapResultError && error.code === resultCode.invalidCredentials) {
          this.#refusal = { untilMs: this.#clock.elapsed() + refusalMs, error }
          throw error
        }
        if (!(error instanceof UnavailableError || error instanceof LdapResultError)) throw error
        faults.push(error.message)
        this.#avoid(server)
      }
    }
    throw directoryUnavailable(`no server of the directory can be used: ${faults.join('; ')}`)
  }

  /** The one to prefer first, then as they are configured; those last that could not be used of late. */
  #inOrder(first: string | undefined): readonly LdapServer[] {
    const now = this.#clock.elapsed()
    const rank = ({ url }: LdapServer): number => ((this.#avoided.get(url) ?? now) > now ? 2 : url === first ? 0 : 1)
    return this.#servers.toSorted((a, b) => rank(a) - rank(b))
  }

  #avoid({ url }: LdapServer): void {
    this.#avoided.set(url, this.#clock.elapsed() + avoidedMs)
  }
}
