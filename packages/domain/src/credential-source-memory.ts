import { hash } from 'node:crypto'
import { type LogicalUrl, userUrl } from '@parley/protocol'
import { accountNameOf } from './account-name.ts'
import { equalInConstantTime } from './constant-time.ts'
import type { CredentialSource, DigestAttempt, NtlmAttempt } from './credential-source.ts'
import { isNtlmResponse } from './ntlm-response.ts'

/** An account of the in-memory credential source. */
export interface MemoryAccount {
  readonly name: string
  readonly password: string
  /** MD4 of the UTF-16LE password, hexadecimal; without it NTLM fails. */
  readonly ntHash?: string
  readonly enabled: boolean
}

/** A credential source for tests: it holds plain passwords. */
export class CredentialSourceMemory implements CredentialSource {
  readonly realm: string
  readonly #domain: string
  readonly #accounts: ReadonlyMap<string, MemoryAccount>

  constructor(domain: string, realm: string, accounts: readonly MemoryAccount[]) {
    this.realm = realm
    this.#domain = domain
    this.#accounts = new Map(accounts.map((account) => [account.name.toLowerCase(), account]))
  }

  verifyDigest(attempt: DigestAttempt): LogicalUrl | undefined {
    const account = this.#account(attempt.domain, attempt.username)
    const ha1 = hash('md5', `${attempt.username}:${this.realm}:${account?.password}`)
    const fits = equalInConstantTime(attempt.expectedResponse(ha1), attempt.response)
    return fits && attempt.realm === this.realm ? this.#node(account) : undefined
  }

  verifyNtlm(attempt: NtlmAttempt): LogicalUrl | undefined {
    const account = this.#account(attempt.domain, attempt.username)
    const fits = isNtlmResponse(Buffer.from(account?.ntHash ?? '', 'hex'), attempt)
    return fits && account?.ntHash ? this.#node(account) : undefined
  }

  async verifyPassword(domain: string, username: string, password: string): Promise<LogicalUrl | undefined> {
    const account = this.#account(domain, username)
    return account?.password === password ? this.#node(account) : undefined
  }

  #account(domain: string, username: string): MemoryAccount | undefined {
    return domain === this.#domain ? this.#accounts.get(accountNameOf(username)) : undefined
  }

  #node(account: MemoryAccount | undefined): LogicalUrl | undefined {
    return account?.enabled ? userUrl(this.#domain, account.name) : undefined
  }
}
