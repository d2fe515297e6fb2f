import { inRanges } from '@parley/domain'
import type { SharedConfig } from '../config-sections.ts'
import { type Finding, ok, warn } from './finding.ts'

/** Addresses at which machines keep what no client may make the server reach. */
const sensitive = [
  { address: '169.254.169.254', what: 'link-local addresses, where clouds keep credentials' },
  { address: 'fd00:ec2::254', what: 'addresses where clouds keep credentials' },
  { address: '100.100.100.200', what: 'addresses where clouds keep credentials' },
  { address: '127.0.0.1', what: 'loopback, which is refused anyway' },
  { address: '::1', what: 'loopback, which is refused anyway' },
]

/** Whether Call-Backs can be used to make the server reach other hosts than clients (design.md, promise 6). */
export function checkCallBacks({ callBacks }: Pick<SharedConfig, 'callBacks'>): readonly Finding[] {
  const findings: Finding[] = []
  callBacks.networks.forEach((network, index) => {
    const setting = `callBacks.networks[${index}]`
    const text = `${network.address}/${network.prefix}`
    const found = sensitive.filter(
      ({ address }) => sameFamily(address, network.address) && inRanges(address, [network]),
    )
    for (const what of new Set(found.map((one) => one.what))) {
      findings.push(warn(`${setting}, ${text}, includes ${what}`, `narrow ${setting} to the networks of your clients`))
    }
  })
  if (callBacks.insecureLoopback) {
    const what =
      'Call-Backs to loopback are allowed: users of this machine can make the server reach its other services'
    findings.push(warn(what, 'set callBacks.insecureLoopback: false outside tests'))
  }
  return findings.length > 0 ? findings : [ok('Call-Backs can only lead to clients')]
}

function sameFamily(one: string, other: string): boolean {
  return one.includes(':') === other.includes(':')
}
