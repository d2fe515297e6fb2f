import { encryptedAuthenticator } from './ap-req.ts'
import { derTag, readDer, readOneDer, writeDer } from './der.ts'

/** What a client sends under `Negotiate`. */
export type NegotiateToken =
  /** A message of NTLM: as it is, or within SPNEGO, where it wants to be answered likewise. */
  | { readonly kind: 'ntlm'; readonly message: Uint8Array; readonly wrapped: boolean }
  | {
      /** A ticket, for whoever can check the whole token. */
      readonly kind: 'ticket'
      readonly token: Uint8Array
      /** No two uses of a ticket have the same (ap-req.ts). */
      readonly authenticator: Uint8Array
      /** The client could do NTLM instead. */
      readonly offersNtlm: boolean
    }
  /** The client begins with something that we cannot do, but could do NTLM. */
  | { readonly kind: 'other' }

const ntlmSignature = Buffer.from('NTLMSSP\0', 'latin1')

/** Encoded, without tag and length. */
const mechanism = {
  /** 1.3.6.1.5.5.2 */
  spnego: '2b0601050502',
  /** 1.3.6.1.4.1.311.2.2.10 */
  ntlm: '2b06010401823702020a',
  /** 1.2.840.113554.1.2.2, and 1.2.840.48018.1.2.2, which Windows also says. */
  kerberos: ['2a864886f712010202', '2a864882f712010202'],
} as const

/** Tickets of users in many groups are long; the listener's bound on headers is shorter. */
const maxLength = 65_536
const mostMechanisms = 16

/**
 * Reads a base64 token: NTLM, a ticket of Kerberos, or either in SPNEGO (RFC 4178 §4.2); undefined for all else. Strict, bounded and
 * linear.
 */
export function parseNegotiateToken(base64: string): NegotiateToken | undefined {
  if (base64.length > maxLength) return undefined
  const token = Buffer.from(base64, 'base64')
  if (isNtlm(token)) return { kind: 'ntlm', message: token, wrapped: false }
  if (token[0] === derTag.context(1)) return parseResponse(token)
  return parseInitial(token)
}

function parseInitial(token: Buffer): NegotiateToken | undefined {
  const { identifier = '', rest } = readInitial(token) ?? {}
  if (isKerberos(identifier)) return ticketIn(token, token, false)
  return rest && identifier === mechanism.spnego ? parseNegTokenInit(token, rest) : undefined
}

/** InitialContextToken (RFC 2743 §3.1): its mechanism's identifier, and then what the mechanism says. */
function readInitial(bytes: Uint8Array): { identifier: string; rest: Uint8Array } | undefined {
  const content = readOneDer(bytes, derTag.application0)
  if (!content || content[0] !== derTag.objectIdentifier) return undefined
  // NOTE: Kerberos goes on with two bytes that are no DER, so only the identifier is read.
  const end = 2 + (content[1] ?? 0)
  return { identifier: hex(content.subarray(2, end)), rest: content.subarray(end) }
}

/** The ticket that `message` brings, as all or a part of `token`. */
function ticketIn(token: Uint8Array, message: Uint8Array, offersNtlm: boolean): NegotiateToken | undefined {
  const { identifier = '', rest } = readInitial(message) ?? {}
  const authenticator = rest && isKerberos(identifier) ? encryptedAuthenticator(rest) : undefined
  if (authenticator) return { kind: 'ticket', token, authenticator, offersNtlm }
  return offersNtlm ? { kind: 'other' } : undefined
}

function parseNegTokenInit(token: Buffer, bytes: Uint8Array): NegotiateToken | undefined {
  const fields = fieldsOf(readOneDer(bytes, derTag.context(0)))
  const list = readOneDer(fields?.get(0), derTag.sequence)
  const types = list && readDer(list, mostMechanisms)
  if (!types?.length || types.some(({ tag }) => tag !== derTag.objectIdentifier)) return undefined
  const [first = '', ...others] = types.map(({ content }) => hex(content))
  const offersNtlm = first === mechanism.ntlm || others.includes(mechanism.ntlm)
  const message = readOneDer(fields?.get(2), derTag.octetString)
  // The token that may come along is of the first mechanism (RFC 4178 §4.2.1).
  if (message && isKerberos(first)) return ticketIn(token, message, offersNtlm)
  if (message && first === mechanism.ntlm && isNtlm(message)) return { kind: 'ntlm', message, wrapped: true }
  return offersNtlm ? { kind: 'other' } : undefined
}

/** NegTokenResp: what follows our choice of NTLM. */
function parseResponse(token: Buffer): NegotiateToken | undefined {
  const fields = fieldsOf(readOneDer(token, derTag.context(1)))
  const message = readOneDer(fields?.get(2), derTag.octetString)
  return message && isNtlm(message) ? { kind: 'ntlm', message, wrapped: true } : undefined
}

/** The fields of a SEQUENCE by their numbers, each at most once and in order. */
function fieldsOf(bytes: Uint8Array | undefined): Map<number, Uint8Array> | undefined {
  const sequence = readOneDer(bytes, derTag.sequence)
  const elements = sequence && readDer(sequence, 4)
  if (!elements) return undefined
  const fields = new Map<number, Uint8Array>()
  let last = -1
  for (const { tag, content } of elements) {
    const number = tag - derTag.context(0)
    if (number <= last || number > 3) return undefined
    fields.set(number, content)
    last = number
  }
  return fields
}

/**
 * The answer that goes on with NTLM: NegTokenResp, accept-incomplete, base64. Without a message it chooses NTLM, and the client begins.
 *
 * NOTE: no mechListMIC is made or checked: it needs NTLM's session key, which a Windows domain does not give us, and clients over
 * HTTP do not wait for the last token.
 */
export function ntlmInSpnego(message?: Uint8Array): string {
  const fields = [
    writeDer(derTag.context(0), writeDer(derTag.enumerated, Buffer.from([1]))),
    writeDer(derTag.context(1), writeDer(derTag.objectIdentifier, Buffer.from(mechanism.ntlm, 'hex'))),
    ...(message ? [writeDer(derTag.context(2), writeDer(derTag.octetString, message))] : []),
  ]
  return writeDer(derTag.context(1), writeDer(derTag.sequence, ...fields)).toString('base64')
}

function isNtlm(bytes: Uint8Array): boolean {
  return ntlmSignature.equals(bytes.subarray(0, ntlmSignature.length))
}

function isKerberos(identifier: string): boolean {
  return identifier === mechanism.kerberos[0] || identifier === mechanism.kerberos[1]
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
