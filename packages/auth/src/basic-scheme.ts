import { createHmac } from 'node:crypto'
import type { AuthRequest, Clock, CredentialSource } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import type { Claim } from './claim.ts'

const maxLength = 2048
const maxRemembered = 10_000

/** How long a password that was found right is not checked again, nor found out to be changed. */
export const passwordCacheMs = 60_000

interface Remembered {
  readonly node: LogicalUrl
  readonly until: number
}

/** Basic (RFC 7617), for encrypted connections only. A right password is remembered for a while, as an HMAC. */
export class BasicScheme {
  readonly #credentials: CredentialSource
  readonly #clock: Clock
  readonly #key: Uint8Array
  readonly #remembered: Map<string, Remembered> = new Map()
  /** Passwords that the source is being asked about. */
  readonly #asked: Map<string, Promise<LogicalUrl | undefined>> = new Map()

  constructor(credentials: CredentialSource, clock: Clock, nonceKey: Uint8Array) {
    this.#credentials = credentials
    this.#clock = clock
    this.#key = createHmac('sha256', nonceKey).update('passwords that were found right').digest()
  }

  /** The value of a WWW-Authenticate header. */
  challenge(): string {
    return `Basic realm="${this.#credentials.realm}"`
  }

  /** Undefined when the text is not a user name and a password. */
  claim(text: string, { domain, remoteAddress }: AuthRequest): Claim | undefined {
    if (text.length > maxLength) return undefined
    const pair = Buffer.from(text, 'base64').toString()
    const colon = pair.indexOf(':')
    if (colon <= 0) return undefined
    const username = pair.slice(0, colon)
    const check = () => this.#check(domain, username, pair.slice(colon + 1), remoteAddress)
    return { scheme: 'basic', username, check }
  }

  #check(
    domain: string,
    username: string,
    password: string,
    address: string,
  ): LogicalUrl | Promise<LogicalUrl | undefined> {
    const key = createHmac('sha256', this.#key)
      .update(JSON.stringify([domain, username, password]))
      .digest('base64')
    const known = this.#remembered.get(key)
    if (known && known.until > this.#clock.now()) return known.node
    const asked = this.#asked.get(key)
    if (asked) return asked
    const asking = this.#askSource(key, () => this.#credentials.verifyPassword(domain, username, password, address))
    this.#asked.set(key, asking)
    return asking
  }

  /** NOTE: who asks for a second time meanwhile gets the same answer: a directory counts each try. */
  async #askSource(key: string, ask: () => Promise<LogicalUrl | undefined>): Promise<LogicalUrl | undefined> {
    const node = await ask().finally(() => this.#asked.delete(key))
    this.#remembered.delete(key)
    if (!node) return undefined
    this.#remembered.set(key, { node, until: this.#clock.now() + passwordCacheMs })
    const oldest = this.#remembered.keys().next().value
    if (oldest !== undefined && this.#remembered.size > maxRemembered) this.#remembered.delete(oldest)
    return node
  }
}
