import { hash } from 'node:crypto'
import {
  type AuthOutcome,
  type AuthRequest,
  type CredentialSource,
  CredentialSourceMemory,
  ManualClock,
  systemIds,
} from '@parley/domain'
import { type AuthenticatorOptions, createAuthenticator, LockoutGuard } from '../src/index.ts'

/** MD4 of "Password" in UTF-16LE (MS-NLMP §4.2.2.1.2). */
export const ntHash = Buffer.from('a4f49c406510bdcab6824ee7c30fd852', 'hex')

const alice = { name: 'alice', password: 'Password', ntHash: ntHash.toString('hex'), enabled: true }
const domain = 'im.example.com'

export function openAuthenticator(
  options: Partial<Pick<AuthenticatorOptions, 'schemes' | 'allowNtlmv1'>> & { credentials?: CredentialSource } = {},
) {
  const clock = new ManualClock()
  const accounts = [alice, { ...alice, name: 'disabled', enabled: false }]
  const authenticator = createAuthenticator({
    credentials: new CredentialSourceMemory(domain, 'parley', accounts),
    clock,
    ids: systemIds,
    guard: new LockoutGuard(clock),
    schemes: { digest: true, ntlm: true, basic: true },
    allowNtlmv1: false,
    nonceKeys: () => [new Uint8Array(32).fill(1)],
    ...options,
  })
  return { clock, authenticator }
}

export function request(authorization?: string, more: Partial<AuthRequest> = {}): AuthRequest {
  return {
    method: 'SUBSCRIBE',
    target: '/instmsg/aliases/alice',
    authorization: authorization === undefined ? [] : [authorization],
    encrypted: false,
    remoteAddress: '192.0.2.1',
    domain,
    ...more,
  }
}

export function challengesOf(outcome: AuthOutcome | Promise<AuthOutcome>): readonly string[] {
  if (outcome instanceof Promise || outcome.kind !== 'challenge') throw new Error('no challenge')
  return outcome.challenges
}

export function nonceOf(outcome: AuthOutcome | Promise<AuthOutcome>): string {
  const nonce = /nonce="([^"]+)"/.exec(challengesOf(outcome).join('\n'))?.[1]
  if (nonce === undefined) throw new Error('no nonce')
  return nonce
}

export interface DigestChoice {
  readonly nonce: string
  readonly username?: string
  /** What to hash when it is not `username` as written. */
  readonly hashed?: string
  readonly password?: string
  readonly uri?: string
  readonly nc?: string
  readonly cnonce?: string
  readonly qop?: boolean
}

/** Digest as librvp writes it, for `request()`. */
export function digest(choice: DigestChoice): string {
  const { nonce, username = 'alice', password = 'Password', uri = '/instmsg/aliases/alice' } = choice
  const { hashed = username, nc = '00000001', cnonce = '0a4f113b', qop = true } = choice
  const ha1 = hash('md5', `${hashed}:parley:${password}`)
  const ha2 = hash('md5', `SUBSCRIBE:${uri}`)
  const response = hash('md5', qop ? `${ha1}:${nonce}:${nc}:${cnonce}:auth:${ha2}` : `${ha1}:${nonce}:${ha2}`)
  const head = `Digest username="${username}", realm="parley", uri="${uri}", nonce="${nonce}", response="${response}"`
  return qop ? `${head}, qop="auth", algorithm="MD5", nc=${nc}, cnonce="${cnonce}"` : head
}

export const proved = (scheme: string) => ({
  kind: 'authenticated',
  identity: { principal: `http://${domain}/instmsg/aliases/alice`, scheme },
})
