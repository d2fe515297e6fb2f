import { createHash } from 'node:crypto'
import { MirandaConnection, type MirandaResponse } from './miranda-connection.ts'

/** A transaction: the refusal that begins it, and the answer to the retry. */
export interface MirandaTransaction {
  readonly refusal: MirandaResponse
  readonly answer: MirandaResponse
}

/** Somebody at Miranda's RVP plug-in, as far as the wire shows it (client-facts §3). */
export class MirandaUser {
  readonly #port: number
  readonly #ntDomain: string
  readonly #alias: string
  readonly #password: string

  constructor(port: number, { ntDomain, alias, password }: { ntDomain: string; alias: string; password: string }) {
    this.#port = port
    this.#ntDomain = ntDomain
    this.#alias = alias
    this.#password = password
  }

  get url(): string {
    return `http://im.example.com/instmsg/aliases/${this.#alias}`
  }

  /** Connects to learn the own address, and says nothing. */
  async probe(): Promise<void> {
    await using _connection = await MirandaConnection.open(this.#port)
  }

  /** One request on a connection of its own: first without credentials, then on the same connection with Digest. */
  async ask(method: string, alias: string, headers: readonly string[], body = ''): Promise<MirandaTransaction> {
    await using connection = await MirandaConnection.open(this.#port)
    const path = `/instmsg/aliases/${alias}`
    const own = ['RVP-Notifications-Version: 0.2', `RVP-From-Principal: ${this.url}`, ...headers]
    const refusal = await connection.ask(`${method} ${path}`, own, body)
    const challenge = refusal.headers.find(
      ([name, value]) => name === 'WWW-Authenticate' && /^Digest /.test(value),
    )?.[1]
    if (challenge === undefined) throw new Error(`no Digest is offered with ${refusal.status}`)
    const answer = await connection.ask(`${method} ${path}`, own, body, this.#digest(method, path, challenge))
    return { refusal, answer }
  }

  /** It splits the challenge at every comma, quotes everything, and never counts. */
  #digest(method: string, uri: string, challenge: string): string {
    const parameters = new Map(
      challenge
        .slice('Digest '.length)
        .split(',')
        .map((part) => /^\s*([a-z]+)="?([^"]*)"?$/.exec(part) ?? [])
        .map(([, name = '', value = '']) => [name, value] as const),
    )
    const [realm, nonce] = [parameters.get('realm') ?? '', parameters.get('nonce') ?? '']
    const user = `${this.#ntDomain}/${this.#alias}`
    const proof = [md5(`${user}:${realm}:${this.#password}`), nonce, '00000001', '0a4f113b', 'auth']
    const response = md5(`${proof.join(':')}:${md5(`${method}:${uri}`)}`)
    const fields = { username: user, realm, qop: 'auth', algorithm: 'MD5', uri, nonce, nc: '00000001' }
    const all = Object.entries({ ...fields, cnonce: '0a4f113b', response })
    return `Digest ${all.map(([name, value]) => `${name}="${value}"`).join(', ')}`
  }
}

function md5(text: string): string {
  return createHash('md5').update(text, 'latin1').digest('hex')
}

/**
 * What of a body Miranda would misread, empty if nothing: it compares prefixed names letter by letter, and crashes where an
 * element that should have a text has none (client-facts §3.2).
 */
export function mirandaMisreads(xml: string): string[] {
  const tags = xml.replace(/<!\[CDATA\[.*?\]\]>/gs, '').match(/<[^>]*>/g) ?? []
  const problems = tags.filter((tag) => !/^<(?:\?xml |\/?[dra]:)/.test(tag) || / xmlns=/.test(tag))
  problems.push(...(xml.match(/<(?:d:displayname|r:email|r:state|r:description|r:mobile-description)\s*\/>/g) ?? []))
  if (/>\s+</.test(xml)) problems.push('whitespace between elements')
  return problems
}
