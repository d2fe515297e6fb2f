import { Resolver } from 'node:dns/promises'

/** One SRV record (RFC 2782). */
export interface ServiceRecord {
  readonly target: string
  readonly port: number
}

/** Questions to DNS. Names without such records have none; rejects when nobody answers. */
export interface DnsLookup {
  services(name: string): Promise<readonly ServiceRecord[]>
  addresses(name: string): Promise<readonly string[]>
}

const absent = new Set<unknown>(['ENOTFOUND', 'ENODATA'])

/** Asks the servers of this machine, or `server` (ADDRESS:PORT). Throws when that is no address. */
export function openDnsLookup(server?: string): DnsLookup {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  if (server !== undefined) resolver.setServers([server])
  return {
    services: async (name) =>
      (await orNone(resolver.resolveSrv(name))).map(({ name: target, port }) => ({
        target: target.toLowerCase(),
        port,
      })),
    addresses: async (name) => {
      const found = await Promise.all([orNone(resolver.resolve4(name)), orNone(resolver.resolve6(name))])
      return found.flat()
    },
  }
}

async function orNone<T>(answer: Promise<T[]>): Promise<T[]> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Error && 'code' in error && absent.has(error.code)) return []
    throw error
  }
}
