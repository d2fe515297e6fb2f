import type { DnsRecord } from './expected-records.ts'

/** One line of a zone file (RFC 1035 §5.1), every name absolute. */
export function zoneLine(record: DnsRecord, ttlSeconds: number): string {
  return `${record.name}. ${ttlSeconds} IN ${record.type} ${zoneData(record)}\n`
}

/** The same for dnsmasq, which reads no zone files. */
export function dnsmasqLine(record: DnsRecord, ttlSeconds: number): string {
  switch (record.type) {
    case 'SRV':
      // dnsmasq has one TTL for all of these, which is `local-ttl`.
      return `srv-host=${record.name},${record.target},${record.port},${record.priority},${record.weight}\n`
    case 'CNAME':
      return `cname=${record.name},${record.target},${ttlSeconds}\n`
    default:
      return `host-record=${record.name},${record.address},${ttlSeconds}\n`
  }
}

/** What stands behind the type. */
export function zoneData(record: DnsRecord): string {
  switch (record.type) {
    case 'SRV':
      return `${record.priority} ${record.weight} ${record.port} ${record.target}.`
    case 'CNAME':
      return `${record.target}.`
    default:
      return record.address
  }
}
