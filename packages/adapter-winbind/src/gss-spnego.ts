import type { HelperProtocol } from './helper-protocol.ts'

/** What the helper says of a token. */
export type TicketVerdict =
  | { readonly kind: 'right'; readonly username: string; readonly reply: Uint8Array }
  /** Not right, or half of an exchange that tickets do not need. */
  | { readonly kind: 'refused' }
  /** The helper is broken, or not set up for this. */
  | { readonly kind: 'broken'; readonly reason: string }

const base64 = /^[A-Za-z0-9+/]+={0,2}$/
const maxNameLength = 512

/** `gss-spnego`: a token in, and its verdict with the token for the client out. */
export const gssSpnego: HelperProtocol<TicketVerdict> = {
  name: 'gss-spnego',
  reply([line = '']) {
    const [code, first = '', ...rest] = line.split(' ')
    switch (code) {
      case 'AF': {
        const username = rest.join(' ')
        const isReadable = /^[^\p{Cc}]+$/u.test(username) && username.length <= maxNameLength
        if (!isReadable || !(first === '*' || base64.test(first))) throw new Error('its answer cannot be read')
        return { kind: 'right', username, reply: first === '*' ? new Uint8Array() : Buffer.from(first, 'base64') }
      }
      case 'NA':
      case 'TT':
        return { kind: 'refused' }
      case 'BH':
        return {
          kind: 'broken',
          reason: [first, ...rest]
            .join(' ')
            .replace(/[^\x20-\x7e]+/g, ' ')
            .slice(0, 300),
        }
      default:
        throw new Error('its answer has no code that we know')
    }
  },
}

/** The question about a token; each one begins anew. */
export function ticketQuestion(token: Uint8Array): string {
  return `YR ${Buffer.from(token).toString('base64')}\n`
}
