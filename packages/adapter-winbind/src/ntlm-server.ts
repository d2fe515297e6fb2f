import type { NtlmProof } from '@parley/domain'
import type { HelperProtocol } from './helper-protocol.ts'

/** What the domain says of an NTLM answer; `reason` is Samba's sentence for the error. */
export interface NtlmVerdict {
  /** `unreached`: nobody has seen the answer. `unclear`: somebody may have, and has not said what it is worth. */
  readonly kind: 'right' | 'wrong' | 'unreached' | 'unclear'
  readonly reason: string
}

const mostLines = 16
const maxReasonLength = 300

/** Samba's sentences for what is wrong with an answer or its account (libcli/util/nterr.c). */
const refusals = new RegExp(
  `^(?:${[
    'When trying to update a password, this return status',
    'The specified account does not exist',
    'The attempted logon is invalid',
    'The referenced account is currently (?:disabled|locked out)',
    'The user account (?!for this workstation)',
    'The account is ',
    'The user(?:.s)? password must be changed',
    'The user.s account has expired',
    'This user account has expired',
    'Indicates a referenced user name',
  ].join('|')})`,
)

const unreached =
  /^(?:Reading winbind reply failed|There are currently no logon servers|A domain controller for this domain was not found)/

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
    if (verdict === 'Authenticated: Yes') return { kind: 'right', reason: '' }
    if (verdict !== 'Authenticated: No') throw new Error('it answers neither yes nor no')
    const label = 'Authentication-Error: '
    const error = more.find((line) => line.startsWith(label))?.slice(label.length) ?? ''
    const reason = error.replace(/[^\x20-\x7e]+/g, ' ').slice(0, maxReasonLength)
    return { kind: refusals.test(reason) ? 'wrong' : unreached.test(reason) ? 'unreached' : 'unclear', reason }
  },
  // A new one finds winbindd where it is now.
  isSpent: ({ kind }) => kind === 'unreached',
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
