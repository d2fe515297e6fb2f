import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { equalInConstantTime } from '@parley/domain'
import { ForbiddenError } from '@parley/protocol'

/** A secret that the nodes of a cluster share. */
export interface ClusterKey {
  /** Names the key in what it signed: 1 to 32 letters, digits, hyphens and underscores. */
  readonly id: string
  /** At least 32 random bytes. */
  readonly secret: Uint8Array
}

const minSecretBytes = 32
const maxKeys = 8
const idPattern = /^[A-Za-z0-9_-]{1,32}$/

interface SigningKey {
  readonly id: string
  readonly key: KeyObject
}

/**
 * The keys by which nodes of a cluster know each other (design.md, "Identity"). The first one signs, each of them verifies.
 * To rotate without a stop, give every node the new key as its last one, then as its first, then take the old one away.
 */
export class ClusterKeys {
  #signing: SigningKey
  #all: ReadonlyMap<string, SigningKey>
  readonly #derived = new Map<string, readonly [Uint8Array, ...Uint8Array[]]>()

  /** Throws an Error that names what is wrong with the keys, and never a secret. */
  constructor(keys: readonly ClusterKey[]) {
    ;[this.#signing, this.#all] = readKeys(keys)
  }

  /** Takes these keys instead, from the next request on. Throws as the constructor, and then keeps what it had. */
  replace(keys: readonly ClusterKey[]): void {
    ;[this.#signing, this.#all] = readKeys(keys)
    this.#derived.clear()
  }

  /** A secret for another purpose from each key, in their order: the same wherever the keys are. */
  derive(purpose: string): readonly [Uint8Array, ...Uint8Array[]] {
    const known = this.#derived.get(purpose)
    if (known) return known
    const secretOf = ({ key }: SigningKey): Uint8Array => createHmac('sha256', key).update(`for ${purpose}`).digest()
    const [, ...others] = this.#all.values()
    const secrets = [secretOf(this.#signing), ...others.map(secretOf)] as const
    this.#derived.set(purpose, secrets)
    return secrets
  }

  /** `<key id>.<payload>.<HMAC-SHA256 of both>`; the payload has no dot. */
  sign(payload: string): string {
    const signed = `${this.#signing.id}.${payload}`
    return `${signed}.${macOf(signed, this.#signing.key)}`
  }

  /** The payload of what one of the keys signed. Throws ForbiddenError, whose detail says why. */
  verify(token: string): string {
    const idEnd = token.indexOf('.')
    const payloadEnd = token.lastIndexOf('.')
    if (payloadEnd <= idEnd) throw refused('the signed identity is malformed')
    const key = this.#all.get(token.slice(0, idEnd))
    if (!key) throw refused('the identity is signed with a key that is not among ours')
    // NOTE: the spelled MACs are compared: a decoder takes several spellings for the same bytes.
    const mac = macOf(token.slice(0, payloadEnd), key.key)
    if (!equalInConstantTime(token.slice(payloadEnd + 1), mac)) throw refused(`not what the key ${key.id} signed`)
    return token.slice(idEnd + 1, payloadEnd)
  }
}

/** What a peer is told whose identity is refused, whatever the reason: only our log knows that. */
export function refused(detail: string): ForbiddenError {
  return new ForbiddenError('no valid identity', { detail })
}

function macOf(text: string, key: KeyObject): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}

function readKeys(keys: readonly ClusterKey[]): [SigningKey, ReadonlyMap<string, SigningKey>] {
  const all = new Map<string, SigningKey>()
  for (const { id, secret } of keys) {
    if (!idPattern.test(id))
      throw new Error('the id of a cluster key is 1 to 32 letters, digits, hyphens or underscores')
    if (all.has(id)) throw new Error(`two cluster keys have the id ${id}`)
    if (secret.length < minSecretBytes) throw new Error(`the cluster key ${id} has fewer than ${minSecretBytes} bytes`)
    all.set(id, { id, key: createSecretKey(secret) })
  }
  const [first] = all.values()
  if (!first) throw new Error('a cluster needs a key by which its nodes know each other')
  if (all.size > maxKeys) throw new Error(`more than ${maxKeys} cluster keys`)
  return [first, all]
}
