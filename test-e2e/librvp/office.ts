import { onTestFailed } from 'vitest'
import { ParleyServer, type UserAccount } from '../parley-server.ts'
import { ParleyUser } from '../parley-user.ts'
import { LibrvpUser } from './librvp-user.ts'

const people: readonly UserAccount[] = [
  { name: 'alice', password: 'Wonderland-1', ntDomain: 'CORP' },
  { name: 'bob', password: 'Builder-22', ntDomain: 'CORP' },
  { name: 'carol', password: 'Christmas-333', ntDomain: 'CORP' },
]

export interface OfficeOptions {
  /** Offers NTLM in its old form, the only one that librvp knows (client-facts §1.10). */
  readonly ntlmv1?: boolean
}

/** How somebody sits down at the client. */
export interface SeatOptions {
  /** The server's name as this person spells it. */
  readonly host?: string
  readonly password?: string
}

/** A Parley server, and a machine on which alice, bob and carol may use librvp. */
export class Office implements AsyncDisposable {
  readonly server: ParleyServer
  readonly #owned: AsyncDisposableStack
  readonly #ntDomain: { ntDomain?: string }
  readonly #atLibrvp: LibrvpUser[] = []

  private constructor(server: ParleyServer, owned: AsyncDisposableStack, ntlmv1: boolean) {
    this.server = server
    this.#owned = owned
    onTestFailed(() => {
      console.error([server.logTail(), ...this.#atLibrvp.map((user) => user.traceTail())].join('\n\n'))
    })
    this.#ntDomain = ntlmv1 ? { ntDomain: 'CORP' } : {}
  }

  static async open({ ntlmv1 = false }: OfficeOptions = {}): Promise<Office> {
    await using opening = new AsyncDisposableStack()
    const server = opening.use(await ParleyServer.start({ users: people, flags: ntlmv1 ? ['--insecure-ntlmv1'] : [] }))
    return new Office(server, opening.move(), ntlmv1)
  }

  /** Somebody sits down at the client with an account set up, not yet signed in. */
  async sitDown(name: string, { host, password }: SeatOptions = {}): Promise<LibrvpUser> {
    const user = await LibrvpUser.open(this.server.port, {
      name,
      password: password ?? passwordOf(name),
      ...(host === undefined ? {} : { host }),
      ...this.#ntDomain,
    })
    this.#atLibrvp.push(user)
    return this.#owned.use(user)
  }

  /** Somebody sits down at the client and signs in. */
  async signOn(name: string, options: SeatOptions = {}): Promise<LibrvpUser> {
    const user = await this.sitDown(name, options)
    await user.signOn()
    return user
  }

  /** Two people sign in, add each other to their lists, and see each other online. */
  async signOnTogether(first: string, second: string): Promise<[LibrvpUser, LibrvpUser]> {
    const [one, other] = await Promise.all([this.signOn(first), this.signOn(second)])
    await Promise.all([one.addContact(second), other.addContact(first)])
    // NOTE: librvp hangs when it has to sign off in the midst of a request.
    await Promise.all([one.writesAcl(), other.writesAcl()])
    await Promise.all([one.seesBecome(second, 'Online'), other.seesBecome(first, 'Online')])
    return [one, other]
  }

  /** Somebody signs in with our own client, under the IM domain's own name unless another is given. */
  async signOnWithParley(name: string, { host = this.server.domain } = {}): Promise<ParleyUser> {
    return this.#owned.use(await ParleyUser.signOn(this.server, host, { name, password: passwordOf(name) }))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync()
  }
}

function passwordOf(name: string): string {
  const account = people.find((person) => person.name === name)
  if (!account) throw new Error(`nobody here is called ${name}`)
  return account.password
}
