import type { NtlmProof } from '@parley/domain'
import type { HelperProtocol } from './helper-protocol.ts'

/** What the domain says of an NTLM answer; `reason` is Samba's sentence for the error. */
export type NtlmVerdict = { readonly isRight: true } | { readonly isRight: false; readonly reason: string }

const mostLines = 16
const maxReasonLength = 300

/**
 * `ntlm-server-1`: the server has made the challenge, and asks about the answer.
 *
 * NOTE: Samba 4.17 ends an answer with an error twice.
 */
export const ntlmServer: HelperProtocol<NtlmVerdict> = {
  name: 'ntlm-server-1',
  stray: '.',
  reply(lines) {
    if (lines.at(-1) !== '.') {
      if (lines.length >= mostLines) throw new Error('its answer has no end')
      return undefined
    }
    const [verdict, ...more] = lines
    if (verdict === 'Authenticated: Yes') return { isRight: true }
    if (verdict !== 'Authenticated: No') throw new Error('it answers neither yes nor no')
    const label = 'Authentication-Error: '
    const error = more.find((line) => line.startsWith(label))?.slice(label.length) ?? ''
    return { isRight: false, reason: error.replace(/[^\x20-\x7e]+/g, ' ').slice(0, maxReasonLength) }
  },
}

/** The question about a proof. Names go in base64, so that they are nothing but names. */
export function ntlmQuestion({ username, ntDomain, serverChallenge, ntResponse }: NtlmProof): string {
  return [
    `LANMAN-Challenge: ${Buffer.from(serverChallenge).toString('hex')}`,
    `NT-Response: ${Buffer.from(ntResponse).toString('hex')}`,
    `Username:: ${Buffer.from(username).toString('base64')}`,
    `NT-Domain:: ${Buffer.from(ntDomain).toString('base64')}`,
    '.\n',
  ].join('\n')
}
