import type { SharedConfig } from '../config-sections.ts'
import { expectedRecords } from '../dns/expected-records.ts'
import { zoneLine } from '../dns/record-text.ts'
import type { DnsCheckDeps } from './check-dns.ts'
import { type Finding, ok, reasonOf, warn } from './finding.ts'

const port = 80
const ttlSeconds = 300

/** Whether users who type their mail addresses into clients come to the IM domain: by an SRV record of the mail domain (client-facts §1.1). */
export async function checkMailDomains(
  mailDomains: readonly string[],
  { domains }: Pick<SharedConfig, 'domains'>,
  { lookup }: Pick<DnsCheckDeps, 'lookup'>,
): Promise<readonly Finding[]> {
  const domain = domains[0]?.name ?? ''
  const others = mailDomains.filter((name) => domains.every((known) => known.name !== name))
  const plan = { domains, routers: [], mailDomains: others.map((name) => ({ name, domain })), port }
  const expected = expectedRecords(plan)
  const findings = others.map(async (name): Promise<Finding> => {
    const service = `_rvp._tcp.${name}`
    const record = expected.find((one) => one.type === 'SRV' && one.name === service)
    // An IM domain such as localhost is in no DNS, so nothing leads there.
    if (record?.type !== 'SRV') return ok(`users of ${name} sign in with their IM addresses`)
    try {
      const found = await lookup.services(service)
      const names = new Set(domains.flatMap(({ name: known, aliases }) => [known, ...aliases]))
      if (found.some(({ target }) => names.has(target)))
        return ok(`users of ${name} come to ${domain} by their mail addresses`)
      const what =
        found.length === 0
          ? `${service} is not in DNS: users of ${name} cannot sign in to classic clients with their mail addresses, only with their IM addresses`
          : `${service} leads to ${found.map(({ target }) => target).join(', ')}, which is no name of an IM domain here`
      return warn(what, `publish: ${zoneLine(record, ttlSeconds).trim()}`)
    } catch (error) {
      return warn(
        `DNS does not answer about ${service}: ${reasonOf(error)}`,
        'check /etc/resolv.conf, or name a server with --dns',
      )
    }
  })
  return await Promise.all(findings)
}
