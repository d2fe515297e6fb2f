import type { LdapConnection } from './ldap-connection.ts'
import type { LdapServers } from './ldap-servers.ts'

/** A connection of the account that reads, which stays open from one use to the next and is made anew when it has ended. */
export class KeptConnection implements AsyncDisposable {
  readonly #servers: LdapServers
  #opening: Promise<LdapConnection> | undefined
  #connection: LdapConnection | undefined

  constructor(servers: LdapServers) {
    this.#servers = servers
  }

  /** The connection; of a new one, to `first` if that server answers. Rejects as LdapServers.connect. */
  async get(first?: string): Promise<LdapConnection> {
    if (this.#connection?.isOpen) return this.#connection
    this.#opening ??= this.#servers.connect(first).finally(() => {
      this.#opening = undefined
    })
    this.#connection = await this.#opening
    return this.#connection
  }

  /**
   * Runs work that may be done twice: directories end connections that were idle, which shows only when they are used again. Rejects
   * as `work`, or as LdapServers.connect.
   */
  async use<T>(work: (connection: LdapConnection) => Promise<T>): Promise<T> {
    const connection = await this.get()
    try {
      return await work(connection)
    } catch (error) {
      if (connection.isOpen) throw error
      return await work(await this.get())
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#opening?.catch(() => undefined)
    await this.#connection?.[Symbol.asyncDispose]()
  }
}
