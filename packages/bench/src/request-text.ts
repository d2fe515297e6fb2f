import { hash } from 'node:crypto'
import type { DigestCredentials } from './digest-credentials.ts'
import { domain, hrefOf } from './settings.ts'

/** A request of one user, ready but for its Authorization line. */
export class RequestText {
  readonly #uri: string
  readonly #ha2: string
  readonly #before: string
  readonly #after: string
  readonly #body: string

  /** `headers` are whole lines; `body` must be ASCII. */
  constructor(from: number, method: string, uri: string, headers: readonly string[], body = '') {
    this.#uri = uri
    this.#ha2 = hash('md5', `${method}:${uri}`)
    this.#before =
      `${method} ${uri} HTTP/1.1\r\nHost: ${domain}\r\nRVP-Notifications-Version: 0.2\r\n` +
      `RVP-From-Principal: ${hrefOf(from)}\r\n${headers.map((line) => `${line}\r\n`).join('')}`
    const type = body === '' ? '' : 'Content-Type: text/xml\r\n'
    this.#after = `${type}Content-Length: ${body.length}\r\n\r\n`
    this.#body = body
  }

  /** The bytes, one a character; another `body` must be as long as the one given before. */
  with(credentials: Pick<DigestCredentials, 'line'>, body = this.#body): string {
    return this.#before + credentials.line(this.#uri, this.#ha2) + this.#after + body
  }
}
