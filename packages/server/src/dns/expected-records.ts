import { isIP } from 'node:net'

/** A record that the DNS is to have; names are absolute, in lower case, without the dot at the end. */
export type DnsRecord =
  | {
      readonly name: string
      readonly type: 'SRV'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }
  | { readonly name: string; readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly name: string; readonly type: 'CNAME'; readonly target: string }

/** A machine that takes clients' requests. */
export interface RouterHost {
  readonly name: string
  readonly addresses: readonly string[]
  /** Lower is tried first (RFC 2782). */
  readonly priority: number
  readonly weight: number
}

/** A mail domain whose users type their mail addresses into clients, and the IM domain that they are users of. */
export interface MailDomain {
  readonly name: string
  readonly domain: string
}

/** What the records are made from. */
export interface DnsPlan {
  readonly domains: readonly { readonly name: string; readonly aliases: readonly string[] }[]
  /** Empty when not known yet: there are no address records then. */
  readonly routers: readonly RouterHost[]
  readonly mailDomains: readonly MailDomain[]
  /** Where clients connect; Miranda and Net::RVP know no other than 80. */
  readonly port: number
}

/**
 * Every record by which clients find the IM domains, each once. Clients make the users' addresses from the target of the SRV record
 * (client-facts §1.1), so that only the domain itself, or an alias of it, is ever one: routers of other names share the domain's name.
 */
export function expectedRecords(plan: DnsPlan): readonly DnsRecord[] {
  const domains = plan.domains.filter(({ name }) => isPublic(name))
  const hosts = new Map<string, Set<string>>()
  const add = (name: string, routers: readonly RouterHost[]): void => {
    const addresses = hosts.get(name) ?? new Set()
    for (const router of routers) for (const address of router.addresses) addresses.add(address)
    hosts.set(name, addresses)
  }
  for (const domain of domains) add(domain.name, routersBehind(domain, plan))
  for (const router of plan.routers) add(router.name, [router])
  const services = domains.flatMap((domain) => [
    ...servicesOf(domain.name, domain, plan),
    ...plan.mailDomains
      .filter((mail) => mail.domain === domain.name && mail.name !== domain.name)
      .flatMap((mail) => servicesOf(mail.name, domain, plan)),
  ])
  const owners = [...hosts.keys(), ...services.map(({ name }) => name)]
  // NOTE: a name with a CNAME has nothing else, so none that other records belong to, or lie below, gets one (RFC 1034 §3.6.2). Such a
  // name has a life of its own, as example.com has its web site, and stays what it is.
  const isFree = (alias: string): boolean =>
    isPublic(alias) &&
    !plan.mailDomains.some(({ name }) => name === alias) &&
    !owners.some((owner) => owner === alias || owner.endsWith(`.${alias}`))
  return [
    ...services,
    ...[...hosts].flatMap(([name, addresses]) => [...addresses].map((address) => addressRecord(name, address))),
    ...domains.flatMap(({ name, aliases }) =>
      aliases.filter(isFree).map((alias): DnsRecord => ({ name: alias, type: 'CNAME', target: name })),
    ),
  ]
}

/** Who answers to a domain's own name: all but those that have an alias to themselves, unless there are no others. */
function routersBehind({ aliases }: DnsPlan['domains'][number], { routers }: DnsPlan): readonly RouterHost[] {
  const others = routers.filter(({ name }) => !aliases.includes(name))
  return others.length > 0 ? others : routers
}

function servicesOf(
  owner: string,
  { name, aliases }: DnsPlan['domains'][number],
  { routers, port }: DnsPlan,
): readonly DnsRecord[] {
  const named = routers.filter((router) => router.name === name || aliases.includes(router.name))
  const targets = named.length > 0 ? named : [{ name, priority: 0, weight: 0 }]
  const distinct = new Map(targets.map((target) => [target.name, target]))
  return [...distinct.values()].map((target) => ({
    name: `_rvp._tcp.${owner}`,
    type: 'SRV',
    priority: target.priority,
    weight: target.weight,
    port,
    target: target.name,
  }))
}

function addressRecord(name: string, address: string): DnsRecord {
  return { name, type: isIP(address) === 6 ? 'AAAA' : 'A', address }
}

/** Whether a name can be in a zone of the installation's own: neither an address nor a single word. */
function isPublic(name: string): boolean {
  return name.includes('.') && isIP(name) === 0
}
