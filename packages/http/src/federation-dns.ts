import { Resolver } from 'node:dns/promises'

/** One SRV record (RFC 2782). */
export interface SrvRecord {
  readonly name: string
  readonly port: number
  readonly priority: number
  readonly weight: number
}

/** An address record. */
export interface AddressRecord {
  readonly address: string
  readonly ttlSeconds: number
}

/** The domain name system. Both reject when it does not answer, which says nothing about the name. */
export interface NameService {
  /** Empty when there are none. */
  services(name: string): Promise<readonly SrvRecord[]>
  /** IPv4 and IPv6; empty when the name has none. */
  addresses(name: string): Promise<readonly AddressRecord[]>
}

const absent = new Set(['ENOTFOUND', 'ENODATA'])

/** Asks DNS servers, the system's unless others are given as ADDRESS or ADDRESS:PORT. */
export function createNameService(servers: readonly string[]): NameService {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  return {
    services: (name) => unlessAbsent(resolver.resolveSrv(name)),
    addresses: async (name) => {
      const answers = await Promise.allSettled([
        unlessAbsent(resolver.resolve4(name, { ttl: true })),
        unlessAbsent(resolver.resolve6(name, { ttl: true })),
      ])
      const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
      const failed = answers.find((answer) => answer.status === 'rejected')
      if (found.length === 0 && failed) throw failed.reason
      return found.map(({ address, ttl }) => ({ address, ttlSeconds: ttl }))
    },
  }
}

async function unlessAbsent<T>(answer: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await answer
  } catch (err) {
    if (absent.has((err as NodeJS.ErrnoException).code ?? '')) return []
    throw err
  }
}
