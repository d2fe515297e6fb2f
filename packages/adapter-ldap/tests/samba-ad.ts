import { readFileSync } from 'node:fs'
import type { RunningSambaAd } from '@parley/testkit'
import type { LdapSourceOptions } from '../src/index.ts'

/** The account that reads, with no rights but those of every account until a test gives it more. */
export const reader = { account: 'parley', password: 'Reader-Pw-1' }

/** How a test's Active Directory is read. */
export function optionsForAd(ad: RunningSambaAd, options: Partial<LdapSourceOptions> = {}): LdapSourceOptions {
  return {
    servers: [ad.ldapsUrl],
    tls: { ca: readFileSync(ad.caFile, 'utf8') },
    bind: { dn: `${reader.account}@ad.example.test`, password: reader.password },
    preset: 'active-directory',
    base: ad.baseDn,
    domains: ['im.example.com'],
    timeoutMs: 20_000,
    ...options,
  }
}
