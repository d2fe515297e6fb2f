import { Attribute, Change, Client } from 'ldapts'
import type { LdifAttributes } from './ldif.ts'
import { ProgramRunner } from './program-runner.ts'
import type { RunningServer } from './running-server.ts'
import {
  admin,
  base,
  type DirectoryAccount,
  initialLdif,
  type SlapdOverlay,
  type SlapdUser,
  service,
  slapdConf,
  userAttributes,
  userDn,
} from './slapd-files.ts'
import { createTestCertificate, type TestCertificate } from './test-certificate.ts'
import { testPort } from './test-port.ts'
import { until } from './until.ts'

export interface SlapdOptions {
  /** Users that are there from the start. */
  readonly users?: readonly SlapdUser[]
  /** Further entries that are there from the start, as LDIF text; see `ldifEntry`. They are loaded as they are: no `memberOf` is made of them. */
  readonly ldif?: string
  /** `syncprov`, `memberof` and `refint` by default. With `ppolicy`, five wrong passwords lock an account. */
  readonly overlays?: readonly SlapdOverlay[]
  /** Further directives of the database, such as `limits` or `access`, which come before ours; see slapd.conf(5). */
  readonly config?: readonly string[]
  /** Its certificate; a good one for loopback by default. */
  readonly certificate?: TestCertificate
}

/** A real OpenLDAP server. Its own users may sign in; only `service` may read, only `admin` may write. */
export interface RunningSlapd extends RunningServer {
  /** `ldap://HOST:PORT`, where StartTLS is possible. */
  readonly url: string
  /** `ldaps://HOST:PORT`. */
  readonly tlsUrl: string
  readonly base: string
  readonly admin: DirectoryAccount
  readonly service: DirectoryAccount
  /** The authority that its certificate is from (PEM). */
  readonly ca: string
  addUser(user: SlapdUser): Promise<void>
  /** Adds an entry. */
  add(dn: string, attributes: LdifAttributes): Promise<void>
  modify(dn: string, changes: Change | Change[]): Promise<void>
  /** Sets one attribute; no value removes it. */
  set(dn: string, attribute: string, ...values: string[]): Promise<void>
  /** Gives an entry another distinguished name, also below another entry. */
  rename(dn: string, newDn: string): Promise<void>
  remove(dn: string): Promise<void>
  /** One value of an entry's attribute, operational ones too; undefined when there is none. */
  read(dn: string, attribute: string): Promise<string | undefined>
}

/** Starts an OpenLDAP server on loopback with a folder, configuration and data of its own. */
export async function startSlapd({
  users = [],
  ldif = '',
  overlays = ['syncprov', 'memberof', 'refint'],
  config = [],
  certificate = createTestCertificate(),
}: SlapdOptions = {}): Promise<RunningSlapd> {
  const [port, tlsPort] = [await testPort(), await testPort()]
  const urls = `ldap://127.0.0.1:${port}/ ldaps://127.0.0.1:${tlsPort}/`
  const runner = await ProgramRunner.create({
    product: 'slapd',
    program: 'sh',
    // The data is there already when the server is started again.
    programArguments: [
      '-c',
      `test -e data.mdb || slapadd -q -f slapd.conf -l initial.ldif || exit 1; exec slapd -f slapd.conf -h '${urls}' -d 0`,
    ],
    files: {
      'slapd.conf': slapdConf(overlays, config),
      'initial.ldif': initialLdif(users, overlays) + ldif,
      'cert.pem': certificate.cert,
      'key.pem': certificate.key,
    },
  })
  await using started = new AsyncDisposableStack()
  const server = started.use(new Slapd(runner, port, tlsPort, certificate.cert))
  // Some thousands are loaded in a second.
  await server.start(users.length + Math.ceil(ldif.length / 200))
  started.move()
  return server
}

/** A test's server is reached whatever its certificate says and its rules demand. */
const tlsOptions = { rejectUnauthorized: false }

class Slapd implements RunningSlapd {
  readonly host = '127.0.0.1'
  readonly from = 'program'
  readonly base = base
  readonly admin = admin
  readonly service = service
  readonly port: number
  readonly url: string
  readonly tlsUrl: string
  readonly ca: string
  readonly #runner: ProgramRunner

  constructor(runner: ProgramRunner, port: number, tlsPort: number, ca: string) {
    this.#runner = runner
    this.port = port
    this.url = `ldap://${this.host}:${port}`
    this.tlsUrl = `ldaps://${this.host}:${tlsPort}`
    this.ca = ca
  }

  /** Starts it, and loads so many entries first. */
  async start(entries = 0): Promise<void> {
    await this.#runner.start()
    const patienceMs = 20_000 + entries
    await until(
      `slapd on port ${this.port} is ready`,
      async () => {
        const obituary = await this.#runner.obituary()
        if (obituary !== undefined) throw new Error(`slapd ended at its start:\n${obituary}`)
        return await this.#asAdmin(async () => true).catch(() => false)
      },
      patienceMs,
    )
  }

  async addUser(user: SlapdUser): Promise<void> {
    await this.add(userDn(user), userAttributes(user))
  }

  async add(dn: string, attributes: LdifAttributes): Promise<void> {
    const list = Object.entries(attributes).map(([type, values]) => new Attribute({ type, values: [values].flat() }))
    await this.#asAdmin((client) => client.add(dn, list))
  }

  async modify(dn: string, changes: Change | Change[]): Promise<void> {
    await this.#asAdmin((client) => client.modify(dn, changes))
  }

  async set(dn: string, attribute: string, ...values: string[]): Promise<void> {
    const modification = new Attribute({ type: attribute, values })
    await this.modify(dn, new Change({ operation: 'replace', modification }))
  }

  async rename(dn: string, newDn: string): Promise<void> {
    await this.#asAdmin((client) => client.modifyDN(dn, newDn))
  }

  async remove(dn: string): Promise<void> {
    await this.#asAdmin((client) => client.del(dn))
  }

  async read(dn: string, attribute: string): Promise<string | undefined> {
    const { searchEntries } = await this.#asAdmin((client) =>
      client.search(dn, { scope: 'base', attributes: [attribute] }),
    )
    const [value] = [searchEntries[0]?.[attribute] ?? []].flat()
    return value === undefined ? undefined : String(value)
  }

  async kill(): Promise<void> {
    await this.#runner.kill()
  }

  async pause(): Promise<void> {
    await this.#runner.pause()
  }

  async resume(): Promise<void> {
    await this.#runner.resume()
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner[Symbol.asyncDispose]()
  }

  async #asAdmin<T>(work: (client: Client) => Promise<T>): Promise<T> {
    await using client = new Client({ url: this.tlsUrl, tlsOptions, timeout: 20_000, connectTimeout: 2_000 })
    await client.bind(admin.dn, admin.password)
    return await work(client)
  }
}
