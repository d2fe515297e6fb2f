import { spawnSync } from 'node:child_process'
import { type KeyObject, verify } from 'node:crypto'

const payloadType = 'application/vnd.in-toto+json'

/** A signed statement, as DSSE (Dead Simple Signing Envelope) 1.0 wraps it. */
export interface Envelope {
  readonly payloadType: string
  /** Base64, as are signatures. */
  readonly payload: string
  readonly signatures: readonly { readonly sig: string }[]
}

/** What gets signed: DSSE's pre-authentication encoding of a statement. */
export function signedBytes(statement: string): Buffer {
  const length = (text: string) => Buffer.byteLength(text)
  return Buffer.from(`DSSEv1 ${length(payloadType)} ${payloadType} ${length(statement)} ${statement}`)
}

/**
 * Has a command of the shell sign a statement: it gets what is to be signed on its standard input, and must print the signature in base64. Throws
 * when it fails, or prints something else; keys are its own affair.
 */
export function signStatement(statement: string, command: string): Envelope {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    input: signedBytes(statement),
    encoding: 'utf8',
  })
  const sig = stdout.replaceAll(/\s/g, '')
  if (status !== 0) throw new Error(`the signing command failed:\n${stderr}`)
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(sig)) throw new Error('the signing command printed no signature in base64')
  return { payloadType, payload: Buffer.from(statement).toString('base64'), signatures: [{ sig }] }
}

/** The statement in the text of an envelope; undefined unless a signature of it is by the owner of the key. Throws if the text is no envelope. */
export function openEnvelope(text: string, publicKey: KeyObject): string | undefined {
  const envelope = JSON.parse(text) as Envelope
  const statement = Buffer.from(envelope.payload, 'base64').toString()
  const isSigned = envelope.signatures.some(({ sig }) =>
    verify(digestFor(publicKey), signedBytes(statement), publicKey, Buffer.from(sig, 'base64')),
  )
  return isSigned && envelope.payloadType === payloadType ? statement : undefined
}

/** Keys of Ed25519 and Ed448 have a digest of their own. */
function digestFor({ asymmetricKeyType }: KeyObject): string | null {
  return asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'ed448' ? null : 'sha256'
}
