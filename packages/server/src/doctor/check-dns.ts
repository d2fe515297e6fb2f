import { isIP } from 'node:net'
import type { SharedConfig } from '../config-sections.ts'
import { parseEndpoint } from '../endpoint.ts'
import type { DnsLookup, ServiceRecord } from './dns-lookup.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

type Domain = SharedConfig['domains'][number]

/** What DNS is asked, and what this machine is. */
export interface DnsCheckDeps {
  readonly lookup: DnsLookup
  /** Addresses of this machine. */
  readonly localAddresses: readonly string[]
}

/** Whether clients find each domain: by its SRV record, else by its address (client-facts §1.1). */
export async function checkDns(
  config: Pick<SharedConfig, 'domains' | 'listen'>,
  deps: DnsCheckDeps,
): Promise<readonly Finding[]> {
  const findings = await Promise.all(config.domains.map((domain) => checkDomain(domain, config, deps)))
  return findings.flat()
}

async function checkDomain(
  domain: Domain,
  config: Pick<SharedConfig, 'listen'>,
  deps: DnsCheckDeps,
): Promise<Finding[]> {
  const { name } = domain
  if (name === 'localhost' || isIP(name)) return [ok(`${name} needs no DNS`)]
  const service = `_rvp._tcp.${name}`
  try {
    const records = await deps.lookup.services(service)
    const [first, ...more] = records
    if (!first) return [await checkWithoutService(name, service, deps)]
    const findings = await Promise.all(records.map((record) => checkService(record, domain, config, deps)))
    if (more.length > 0) {
      const what = `${service} has ${records.length} records, of which clients take any one`
      findings.unshift([warn(what, 'leave one: users whose clients choose different targets have different addresses')])
    }
    return findings.flat()
  } catch (error) {
    return [
      warn(
        `DNS does not answer about ${name}: ${reasonOf(error)}`,
        'check /etc/resolv.conf, or name a server with --dns',
      ),
    ]
  }
}

/** Clients then connect to the domain itself, on port 80. */
async function checkWithoutService(name: string, service: string, deps: DnsCheckDeps): Promise<Finding> {
  const addresses = await deps.lookup.addresses(name)
  if (addresses.length === 0) {
    const what = `neither ${service} nor ${name} is in DNS: clients cannot find the server`
    return fail(what, `${recordHint(service, name)}, and: ${name}. A ADDRESS`)
  }
  if (!isHere(addresses, deps)) {
    return warn(
      `${service} is not in DNS, and ${name} is ${addresses.join(', ')}: not this machine`,
      recordHint(service, name),
    )
  }
  return ok(`${name} is in DNS and this machine; there is no ${service}, and none is needed`)
}

async function checkService(
  { target, port }: ServiceRecord,
  { name, aliases }: Domain,
  { listen }: Pick<SharedConfig, 'listen'>,
  deps: DnsCheckDeps,
): Promise<Finding[]> {
  const findings = [ok(`_rvp._tcp.${name} leads to ${target}:${port}`)]
  if (target !== name && !aliases.includes(target)) {
    // The principal is made from the SRV target, not from the domain (client-facts §1.1).
    const what = `clients call users http://${target}/instmsg/aliases/…, and ${target} is no name of ${name} here`
    findings.push(fail(what, `add ${target} to the aliases of ${name} in domains`))
  }
  if (port !== 80) {
    const what = `the SRV record says port ${port}, but Miranda and Net::RVP always use port 80`
    findings.push(warn(what, recordHint(`_rvp._tcp.${name}`, target)))
  }
  if (!listen.some(({ at }) => parseEndpoint(at).port === port)) {
    findings.push(
      warn(
        `nothing here listens on port ${port}`,
        `fine if something forwards to a listener; else add port ${port} to listen`,
      ),
    )
  }
  const addresses = await deps.lookup.addresses(target)
  if (addresses.length === 0) {
    findings.push(fail(`${target} has no address in DNS`, `add to its zone: ${target}. A ADDRESS`))
  } else if (!isHere(addresses, deps)) {
    const what = `${target} is ${addresses.join(', ')}: not this machine`
    findings.push(warn(what, 'fine if that forwards to this machine; else mend its A and AAAA records'))
  }
  return findings
}

function isHere(addresses: readonly string[], { localAddresses }: DnsCheckDeps): boolean {
  return addresses.some((address) => localAddresses.includes(address))
}

/** The record that works with every client (client-facts §5, 46). */
function recordHint(service: string, target: string): string {
  return `add to the zone: ${service}. SRV 0 0 80 ${target}.`
}
