import type { SourceBatch, SourceEnd, SourceEntry, SourceId, SourceProblem } from '@parley/domain'
import type { RunningSlapd } from '@parley/testkit'
import type { LdapSourceOptions } from '../src/index.ts'

/** How a test's server is read, over ldaps:// and with the account that may. */
export function optionsFor(slapd: RunningSlapd, options: Partial<LdapSourceOptions> = {}): LdapSourceOptions {
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

/** All that was read. */
export interface Collected {
  readonly entries: readonly SourceEntry[]
  readonly gone: readonly SourceId[]
  readonly problems: readonly SourceProblem[]
  readonly end: SourceEnd
  readonly batches: number
}

export async function collect(batches: AsyncGenerator<SourceBatch, SourceEnd, void>): Promise<Collected> {
  const all: SourceBatch[] = []
  let next = await batches.next()
  for (; !next.done; next = await batches.next()) all.push(next.value)
  return {
    entries: all.flatMap(({ entries }) => entries),
    gone: all.flatMap(({ gone }) => gone),
    problems: all.flatMap(({ problems }) => problems),
    end: next.value,
    batches: all.length,
  }
}

/** The last part of each node, in alphabetical order. */
export function aliases({ entries }: Pick<Collected, 'entries'>): string[] {
  return entries.map(({ node }) => node.slice(node.lastIndexOf('/') + 1)).toSorted()
}
