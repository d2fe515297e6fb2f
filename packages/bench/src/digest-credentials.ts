import { hash } from 'node:crypto'
import { nameOf, realm } from './settings.ts'

const cnonce = '0a4f113b'

/** One user's Digest answers (RFC 2617): as few hashes a request as the scheme allows, for the load must be cheap. */
export class DigestCredentials {
  readonly #name: string
  readonly #ha1: string
  #nonce = ''
  #count = 0

  constructor(index: number) {
    this.#name = nameOf(index)
    this.#ha1 = ha1Of(index)
  }

  /** Takes the nonce of a 401. */
  challenge(head: string): void {
    this.#nonce = /\bnonce="([^"]+)"/.exec(head)?.[1] ?? ''
    this.#count = 0
  }

  /** The Authorization line for a request whose HA2 is known; empty before the first challenge. */
  line(uri: string, ha2: string): string {
    if (this.#nonce === '') return ''
    this.#count += 1
    const nc = this.#count.toString(16).padStart(8, '0')
    const response = hash('md5', `${this.#ha1}:${this.#nonce}:${nc}:${cnonce}:auth:${ha2}`)
    return (
      `Authorization: Digest username="${this.#name}", realm="${realm}", qop=auth, algorithm=MD5, uri="${uri}", ` +
      `nonce="${this.#nonce}", nc=${nc}, cnonce="${cnonce}", response="${response}"\r\n`
    )
  }
}

/** The verifier of a user's password, as the users file holds it. */
export function ha1Of(index: number): string {
  return hash('md5', `${nameOf(index)}:${realm}:secret of ${index}`)
}
