import type { Authenticator, AuthOutcome, ConnectionAuthenticator, Identity, SourceId } from '@parley/domain'
import { domainOf, ForbiddenError, header, type LogicalUrl, TooManyRequestsError } from '@parley/protocol'
import type { Address } from './addressing.ts'
import type { EdgeEvents } from './edge-events.ts'
import type { HttpRequest, HttpResponse } from './http-message.ts'

/** An account that may use IM. */
export interface Account {
  readonly displayName: string
  /** Whose it is in the directory; absent where none says. */
  readonly id?: SourceId
}

/** The account of a principal that may use IM now; undefined for anybody else. A synchronous answer is the fast path. */
export type Accounts = (principal: LogicalUrl) => Account | undefined | Promise<Account | undefined>

/** Who may come in, and who is told about those who may not. */
export interface SignInOptions {
  readonly authenticator: Authenticator
  readonly accounts: Accounts
  /** The URL that a node has now that had another one until lately (Renames.find). Absent: nodes keep their URLs. */
  readonly renamed?: ((node: LogicalUrl) => LogicalUrl | undefined | Promise<LogicalUrl | undefined>) | undefined
  readonly events: Pick<EdgeEvents, 'signInFailed'>
}

/** Nobody with an account that may use IM: what the connection has proved is worth nothing any more. */
export class NoAccountError extends ForbiddenError {
  constructor() {
    super('the account may not use IM')
  }
}

/** What is kept with a connection. */
interface ConnectionState {
  readonly prover: ConnectionAuthenticator
  /** Whose account each identity was when it was proved here. */
  readonly persons: WeakMap<Identity, SourceId | 'unknown'>
}

/** A caller with an enabled account, or what is asked of one who has not proved who it is. */
export type SignIn =
  | { readonly kind: 'signed-in'; readonly identity: Identity; readonly reply?: string | undefined }
  | { readonly kind: 'challenge'; readonly challenges: readonly string[] }

/** Finds out who calls. Throws ForbiddenError and TooManyRequestsError. */
export async function signIn(
  options: SignInOptions,
  request: HttpRequest,
  address: Pick<Address, 'callerDomain' | 'resolve'>,
  reqId: string,
): Promise<SignIn> {
  const { authenticator, events } = options
  const { prover, persons } = stateOf(request, authenticator)
  const pending = authenticate(request, address, prover)
  const outcome = pending instanceof Promise ? await pending : pending
  if (outcome.kind === 'locked') throw lockedOut(outcome.retryAfterSeconds)
  if (outcome.kind === 'challenge') {
    if (outcome.failedAccount !== undefined) {
      events.signInFailed({ account: outcome.failedAccount, peer: request.connection.remoteAddress, reqId })
    }
    return outcome
  }
  const finding = withAccount(options, outcome.identity, persons)
  const identity = finding instanceof Promise ? await finding : finding
  if (!identity) {
    // NOTE: NTLM proves a connection once; an account that was disabled since must not live on in it.
    request.connection.state = undefined
    throw new NoAccountError()
  }
  return { kind: 'signed-in', identity, reply: outcome.reply }
}

/** Throws ForbiddenError when the caller says to be somebody else; its former URL is the caller's own as long as renames are fresh. */
export async function demandOwn(
  claimed: LogicalUrl | undefined,
  { principal }: Identity,
  { renamed }: Pick<SignInOptions, 'renamed'>,
): Promise<void> {
  if (claimed !== undefined && (await renamed?.(claimed)) === principal) return
  throw new ForbiddenError('RVP-From-Principal is not the authenticated user')
}

/**
 * The caller with the name of its account; who was renamed since the connection was proved is who it is now. Undefined when the account has
 * become somebody else's: what a former user of the alias has proved is not worth anything for who is given it.
 */
function withAccount(
  options: SignInOptions,
  identity: Identity,
  persons: ConnectionState['persons'],
): Identity | undefined | Promise<Identity | undefined> {
  const caller = (account: Account, principal = identity.principal): Identity | undefined => {
    const id = account.id ?? 'unknown'
    if (!persons.has(identity)) persons.set(identity, id)
    return persons.get(identity) === id ? { ...identity, principal, displayName: account.displayName } : undefined
  }
  const found = options.accounts(identity.principal)
  if (found instanceof Promise) {
    return found.then((account) => (account ? caller(account) : renamedCaller(options, identity, caller)))
  }
  return found ? caller(found) : renamedCaller(options, identity, caller)
}

async function renamedCaller(
  { accounts, renamed }: SignInOptions,
  identity: Identity,
  caller: (account: Account, principal: LogicalUrl) => Identity | undefined,
): Promise<Identity | undefined> {
  const principal = await renamed?.(identity.principal)
  const account = principal && (await accounts(principal))
  return account && caller(account, principal)
}

/** The answer with what proves us to a caller who signed in by a ticket (RFC 4559 §5). */
export function withReply(response: HttpResponse, reply: string | undefined): HttpResponse {
  if (reply === undefined) return response
  return { ...response, headers: [...response.headers, [header.wwwAuthenticate, reply]] }
}

function stateOf({ connection }: HttpRequest, authenticator: Authenticator): ConnectionState {
  const known = connection.state as ConnectionState | undefined
  const state = known ?? { prover: authenticator.connection(), persons: new WeakMap() }
  connection.state = state
  return state
}

function authenticate(
  request: HttpRequest,
  address: Pick<Address, 'callerDomain' | 'resolve'>,
  prover: ConnectionAuthenticator,
): AuthOutcome | Promise<AuthOutcome> {
  const { connection, headers } = request
  const claimed = headers.get('rvp-from-principal')
  // NOTE: with several domains on one server a user name alone is ambiguous; the principal that is claimed tells which is meant.
  const principal = claimed === undefined ? undefined : address.resolve(claimed)
  return prover.authenticate({
    method: request.method,
    target: request.target,
    authorization: headers.all('authorization'),
    encrypted: connection.encrypted,
    isProxied: connection.isProxied,
    remoteAddress: connection.remoteAddress,
    domain: principal === undefined ? address.callerDomain : domainOf(principal),
  })
}

function lockedOut(seconds: number): TooManyRequestsError {
  return new TooManyRequestsError(`too many wrong passwords from here; try again in ${seconds} s`, {
    headers: [[header.retryAfter, `${seconds}`]],
  })
}
