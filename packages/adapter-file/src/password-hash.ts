import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { UnavailableError } from '@parley/protocol'

/** 32 MiB and a fifth of a second: what OWASP's password storage advice asks for at this block size. */
const cost = { log2N: 15, r: 8, p: 3 } as const
const hashBytes = 32
const pattern = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{16,88})\$([A-Za-z0-9+/]{43})$/

interface PasswordHash {
  readonly log2N: number
  readonly r: number
  readonly p: number
  readonly salt: Buffer
  readonly hash: Buffer
}

/** Whether `text` is a verifier of `hashPassword`'s form, of a cost that we are ready to pay (128 MiB). */
export function isPasswordHash(text: string): boolean {
  return parse(text) !== undefined
}

/** A verifier of the form `$scrypt$ln=15,r=8,p=3$<salt>$<hash>`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, { ...cost, salt })
  return `$scrypt$ln=${cost.log2N},r=${cost.r},p=${cost.p}$${unpadded(salt)}$${unpadded(hash)}`
}

/** Fits no password, and costs the same to check as one that we made: for accounts that do not exist. */
export const unmatchedPasswordHash = `$scrypt$ln=${cost.log2N},r=${cost.r},p=${cost.p}$${'A'.repeat(22)}$${'A'.repeat(43)}`

const maxRunning = 2
const maxWaiting = 64

/** Checks passwords, a few at a time. */
export class PasswordChecks {
  #running = 0
  readonly #waiting: (() => void)[] = []

  /** Rejects with UnavailableError when too many wait already: each costs memory and a core. */
  async isRight(password: string, stored: string): Promise<boolean> {
    const parsed = parse(stored)
    if (!parsed) return false
    await this.#turn()
    try {
      return timingSafeEqual(await derive(password, parsed), parsed.hash)
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running--
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < maxRunning) {
      this.#running++
      return
    }
    if (this.#waiting.length === maxWaiting) throw new UnavailableError('too many password checks at once')
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }
}

function parse(text: string): PasswordHash | undefined {
  const [, ln, r, p, salt = '', hash = ''] = pattern.exec(text) ?? []
  const numbers = { log2N: Number(ln), r: Number(r), p: Number(p) }
  const affordable = numbers.log2N > 0 && numbers.log2N <= 17 && numbers.r > 0 && numbers.r <= 8 && numbers.p > 0
  if (!affordable || numbers.p > 16) return undefined
  return { ...numbers, salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') }
}

const scryptAsync = promisify<string, Buffer, number, object, Buffer>(scrypt)

function derive(password: string, { log2N, r, p, salt }: Omit<PasswordHash, 'hash'>): Promise<Buffer> {
  const N = 2 ** log2N
  return scryptAsync(password, salt, hashBytes, { N, r, p, maxmem: 256 * r * (N + p + 2) })
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
