import { writeDer } from '../src/der.ts'

/** The identifiers of mechanisms, in DER. */
export const mechanisms = {
  spnego: '06062b0601050502',
  kerberos: '06092a864886f712010202',
  windowsKerberos: '06092a864882f712010202',
  negoex: '060a2b06010401823702021e',
  ntlm: '060a2b06010401823702020a',
} as const

export type Mechanism = keyof typeof mechanisms

const oid = (name: Mechanism) => Buffer.from(mechanisms[name], 'hex')
const number = (value: number) => writeDer(0x02, Buffer.from([value]))

/** A token of Kerberos with an AP-REQ, which nobody could decrypt (RFC 4120 §5.5.1, RFC 4121 §4.1). */
export function kerberosToken(authenticator: Uint8Array = Buffer.alloc(60, 7), options = 0x20): Buffer {
  const encrypted = (cipher: Uint8Array) =>
    writeDer(0x30, writeDer(0xa0, number(18)), writeDer(0xa2, writeDer(0x04, cipher)))
  const request = writeDer(
    0x30,
    writeDer(0xa0, number(5)),
    writeDer(0xa1, number(14)),
    writeDer(0xa2, writeDer(0x03, Buffer.from([0, options, 0, 0, 0]))),
    writeDer(0xa3, writeDer(0x61, encrypted(Buffer.alloc(300, 1)))),
    writeDer(0xa4, encrypted(authenticator)),
  )
  return writeDer(0x60, oid('kerberos'), Buffer.from([1, 0]), writeDer(0x6e, request))
}

/** What a client of SPNEGO begins with: its mechanisms, and the token of the first (RFC 4178 §4.2.1). */
export function negTokenInit(list: readonly Mechanism[], token?: Uint8Array): Buffer {
  const types = writeDer(0xa0, writeDer(0x30, ...list.map(oid)))
  const fields = [types, ...(token ? [writeDer(0xa2, writeDer(0x04, token))] : [])]
  return writeDer(0x60, oid('spnego'), writeDer(0xa0, writeDer(0x30, ...fields)))
}

/** What a client of SPNEGO goes on with (RFC 4178 §4.2.2). */
export function negTokenResp(token: Uint8Array): Buffer {
  return writeDer(0xa1, writeDer(0x30, writeDer(0xa2, writeDer(0x04, token))))
}
