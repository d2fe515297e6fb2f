import { derTag, readDer, readOneDer } from './der.ts'

/** Tag of AP-REQ (RFC 4120 §5.5.1). */
const apReq = 0x6e

/**
 * What makes a ticket's use unlike all others: the encrypted authenticator in an AP-REQ, as it follows the mechanism's identifier in a
 * token (RFC 4121 §4.1). Undefined for what is no AP-REQ. Whatever else of the token somebody changes, this stays.
 */
export function encryptedAuthenticator(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes[0] !== 1 || bytes[1] !== 0) return undefined
  const request = readOneDer(readOneDer(bytes.subarray(2), apReq), derTag.sequence)
  const last = (request && readDer(request, 5))?.at(-1)
  if (last?.tag !== derTag.context(4)) return undefined
  const encrypted = readOneDer(last.content, derTag.sequence)
  const cipher = (encrypted && readDer(encrypted, 3))?.at(-1)
  return cipher?.tag === derTag.context(2) ? readOneDer(cipher.content, derTag.octetString) : undefined
}
