import type { RunningSlapd } from '@parley/testkit'
import type { DirectoryOptions } from '../src/index.ts'

/** How a test's server is read, over ldaps:// and with the account that may. */
export function optionsFor(slapd: RunningSlapd, options: Partial<DirectoryOptions> = {}): DirectoryOptions {
  const { tlsUrl, ca, base, service } = slapd
  return {
    servers: [tlsUrl],
    tls: { ca },
    bind: service,
    preset: 'openldap',
    base: `ou=people,${base}`,
    domains: ['im.example.com'],
    timeoutMs: 20_000,
    ...options,
  }
}
