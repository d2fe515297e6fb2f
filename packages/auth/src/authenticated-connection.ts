import { type AuthOutcome, type AuthRequest, accountNameOf, type ConnectionAuthenticator } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import type { BasicScheme } from './basic-scheme.ts'
import type { Claim } from './claim.ts'
import type { DigestMemory, DigestScheme } from './digest-scheme.ts'
import type { Claimant, LockoutGuard } from './lockout-guard.ts'
import type { NtlmMemory, NtlmScheme } from './ntlm-scheme.ts'
import { ntlmInSpnego, parseNegotiateToken } from './spnego.ts'
import type { TicketScheme } from './ticket-scheme.ts'
import type { Turns } from './turns.ts'

/** What all connections share; a scheme that is off is undefined. */
export interface AuthParts {
  readonly guard: LockoutGuard
  /** One attempt of a claimant at a time, so that a failure counts before the next guess is checked. */
  readonly turns: Turns
  readonly digest: DigestScheme | undefined
  readonly ntlm: NtlmScheme | undefined
  readonly tickets: TicketScheme | undefined
  /** Whether NTLM takes what librvp and Net::RVP answer, so that it may be offered before Digest. */
  readonly allowNtlmv1: boolean
  readonly basic: BasicScheme | undefined
}

type Authenticated = AuthOutcome & { readonly kind: 'authenticated' }

/** The last proof on a connection that was right. */
interface Proved {
  readonly username: string
  readonly domain: string
  readonly outcome: Authenticated
}

/** The authentication state of one client connection. */
export class AuthenticatedConnection implements ConnectionAuthenticator {
  readonly #parts: AuthParts
  readonly #memory: DigestMemory & NtlmMemory = { nonce: undefined, serverChallenge: undefined }
  #proved: Proved | undefined
  /** The success of NTLM or a ticket holds for what follows without credentials (client-facts §5, 40). */
  #remembered: AuthOutcome | undefined

  constructor(parts: AuthParts) {
    this.#parts = parts
  }

  authenticate(request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    const [credentials, another] = request.authorization
    if (credentials === undefined) return this.#remembered ?? this.#challenge(request)
    if (another !== undefined) return this.#challenge(request)
    const space = credentials.indexOf(' ')
    const scheme = (space < 0 ? credentials : credentials.slice(0, space)).toLowerCase()
    const text = space < 0 ? '' : credentials.slice(space + 1)
    switch (scheme) {
      case 'digest':
        return this.#digest(text, request)
      case 'ntlm':
        if (request.isProxied) return this.#challenge(request)
        return this.#ntlm({ scheme, message: Buffer.from(text, 'base64') }, request)
      case 'negotiate':
        if (request.isProxied) return this.#challenge(request)
        return this.#negotiate(text, request)
      case 'basic':
        return this.#decide(request.encrypted ? this.#parts.basic?.claim(text, request) : undefined, request)
      default:
        return this.#challenge(request)
    }
  }

  #digest(text: string, request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    const claim = this.#parts.digest?.claim(text, request, this.#memory)
    return claim === 'stale' ? this.#challenge(request, true) : this.#decide(claim, request)
  }

  #ntlm(
    { scheme, message, wrapped }: { scheme: 'ntlm' | 'negotiate'; message: Uint8Array; wrapped?: boolean },
    request: AuthRequest,
  ): AuthOutcome | Promise<AuthOutcome> {
    if (!this.#parts.ntlm) return this.#challenge(request)
    this.#remembered = undefined
    const next = this.#parts.ntlm.next(scheme, message, request, this.#memory)
    if (!next || 'check' in next) return this.#decide(next, request)
    const token = wrapped ? ntlmInSpnego(next.challenge) : Buffer.from(next.challenge).toString('base64')
    return { kind: 'challenge', challenges: [`${scheme === 'ntlm' ? 'NTLM' : 'Negotiate'} ${token}`] }
  }

  #negotiate(text: string, request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    const token = parseNegotiateToken(text)
    if (token?.kind === 'ntlm') return this.#ntlm({ scheme: 'negotiate', ...token }, request)
    this.#remembered = undefined
    this.#memory.serverChallenge = undefined
    const { tickets, turns } = this.#parts
    if (token?.kind === 'ticket' && tickets) {
      // NOTE: nobody guesses tickets, so the guard counts none; but each costs time, and an address gets one at a time.
      return turns.take(`ticket ${request.remoteAddress}`, async () => {
        const ticket = await tickets.check(request.domain, token)
        if (!ticket) return this.#withoutTicket(token.offersNtlm, request)
        const outcome = this.#prove(ticket.node, { scheme: 'negotiate', username: ticket.username }, request)
        this.#remembered = outcome
        return { ...outcome, reply: `Negotiate ${Buffer.from(ticket.reply).toString('base64')}` }
      })
    }
    return this.#withoutTicket(token?.kind === 'other' || (token?.offersNtlm ?? false), request)
  }

  /** Goes on with NTLM where the client can do that, too. */
  #withoutTicket(offersNtlm: boolean, request: AuthRequest): AuthOutcome {
    if (!offersNtlm || !this.#parts.ntlm) return this.#challenge(request)
    return { kind: 'challenge', challenges: [`Negotiate ${ntlmInSpnego()}`] }
  }

  #decide(claim: Claim | undefined, request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    if (!claim) return this.#challenge(request)
    // NOTE: who has proved the account on this connection does not wait because a neighbour at the address guesses.
    if (this.#proved?.username === claim.username && this.#proved.domain === request.domain) {
      return this.#check(claim, request)
    }
    const claimant = claimantOf(claim, request)
    const turn = `${claimant.account}@${claimant.domain} ${claimant.address}`
    return this.#parts.turns.take(turn, () => {
      const retryAfterSeconds = this.#parts.guard.retryAfterSeconds(claimant)
      return retryAfterSeconds > 0 ? { kind: 'locked', retryAfterSeconds } : this.#check(claim, request)
    })
  }

  #check(claim: Claim, request: AuthRequest): AuthOutcome | Promise<AuthOutcome> {
    const node = claim.check()
    return node instanceof Promise
      ? node.then((found) => this.#settle(found, claim, request))
      : this.#settle(node, claim, request)
  }

  #settle(node: LogicalUrl | undefined, claim: Claim, request: AuthRequest): AuthOutcome {
    if (!node) {
      this.#proved = undefined
      const claimant = claimantOf(claim, request)
      this.#parts.guard.failed(claimant)
      return { ...this.#challenge(request), failedAccount: claimant.account }
    }
    // NOTE: before the guard hears of it: a replayed answer must not clear a guesser's record.
    if (claim.admit?.() === false) return this.#challenge(request, true)
    const outcome = this.#prove(node, claim, request)
    if (claim.scheme === 'ntlm' || claim.scheme === 'negotiate') this.#remembered = outcome
    return outcome
  }

  #prove(
    principal: LogicalUrl,
    { scheme, username }: Pick<Claim, 'scheme' | 'username'>,
    request: AuthRequest,
  ): Authenticated {
    const { domain } = request
    const proved = this.#proved
    const identity = proved?.outcome.identity
    if (proved?.username === username && proved.domain === domain) {
      if (identity?.principal === principal && identity.scheme === scheme) return proved.outcome
    }
    this.#parts.guard.succeeded(claimantOf({ username }, request))
    this.#proved = { username, domain, outcome: { kind: 'authenticated', identity: { principal, scheme } } }
    return this.#proved.outcome
  }

  /**
   * Every scheme in a header of its own, in an order that librvp, Miranda and Net::RVP all live with (client-facts §5, 34;
   * §1.10 has the table).
   */
  #challenge({ encrypted, isProxied }: AuthRequest, stale = false): AuthOutcome & { readonly kind: 'challenge' } {
    const { allowNtlmv1, digest, basic } = this.#parts
    const { ntlm, tickets } = isProxied ? unproved : this.#parts
    const challenges: string[] = []
    const windowsFirst = tickets !== undefined || allowNtlmv1 || !digest
    if (windowsFirst && (tickets || ntlm)) challenges.push('Negotiate')
    if (windowsFirst && ntlm) challenges.push('NTLM')
    if (digest) challenges.push(digest.challenge(this.#memory, stale))
    // COMPAT(librvp): it answers NTLM with NTLMv1 only, and takes NTLM whenever Negotiate is offered or NTLM comes first. While
    // NTLMv1 is refused it must choose Digest; Windows clients choose NTLM in any order. Tickets come before that: Windows clients
    // take the first scheme that they know (docs/adr/0005-challenge-order.md).
    if (ntlm && !windowsFirst) challenges.push('NTLM')
    if (basic && encrypted) challenges.push(basic.challenge())
    return { kind: 'challenge', challenges }
  }
}

/** What there is of the schemes that prove a connection where none can be proved. */
const unproved: Pick<AuthParts, 'ntlm' | 'tickets'> = { ntlm: undefined, tickets: undefined }

function claimantOf({ username }: { readonly username: string }, { domain, remoteAddress }: AuthRequest): Claimant {
  return { domain, account: accountNameOf(username), address: remoteAddress }
}
