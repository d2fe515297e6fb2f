import { BlockList, isIP, SocketAddress } from 'node:net'

/** A network in CIDR notation, parsed. */
export interface AddressRange {
  readonly address: string
  readonly prefix: number
}

/** Reads `10.1.0.0/16`, `fd00::/8` or a single address; undefined when it is neither. */
export function parseAddressRange(text: string): AddressRange | undefined {
  const [address = '', prefixText, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return undefined
  const bits = family === 4 ? 32 : 128
  const prefix = prefixText === undefined ? bits : Number(prefixText)
  return Number.isInteger(prefix) && prefixText !== '' && prefix >= 0 && prefix <= bits
    ? { address, prefix }
    : undefined
}

/** Whether `address` lies in one of `ranges`. */
export function inRanges(address: string, ranges: readonly AddressRange[]): boolean {
  return addressTest(ranges)(address)
}

/** The same question, prepared for many addresses. */
export function addressTest(ranges: readonly AddressRange[]): (address: string) => boolean {
  if (ranges.length === 0) return () => false
  const list = listOf(ranges)
  return (address) => isIn(list, address)
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

const loopback = listOf([
  { address: '127.0.0.0', prefix: 8 },
  { address: '::1', prefix: 128 },
])

// NOTE: one list a family, since BlockList matches every IPv4 address against the IPv6 ranges that map IPv4.
/** Unspecified, link-local (where cloud metadata services live), multicast, broadcast. */
const specialIpv4 = listOf([
  { address: '0.0.0.0', prefix: 8 },
  { address: '100.100.100.200', prefix: 32 },
  { address: '169.254.0.0', prefix: 16 },
  { address: '192.0.0.0', prefix: 24 },
  { address: '224.0.0.0', prefix: 3 },
])

/** The same, and IPv4 in IPv6's clothes. */
const specialIpv6 = listOf([
  { address: '::', prefix: 96 },
  { address: '::ffff:0:0', prefix: 96 },
  { address: '64:ff9b::', prefix: 96 },
  { address: '2002::', prefix: 16 },
  { address: 'fd00:ec2::254', prefix: 128 },
  { address: 'fe80::', prefix: 10 },
  { address: 'ff00::', prefix: 8 },
])

export function isLoopback(address: string): boolean {
  return isIn(loopback, address)
}

/** Whether no client can be at `address`. */
export function isSpecialPurpose(address: string): boolean {
  return isIn(isIP(address) === 6 ? specialIpv6 : specialIpv4, address)
}

/** The one spelling of an IP address in which equal addresses are equal texts: IPv4 for one in IPv6's clothes. */
export function canonicalAddress(address: string): string {
  if (isIP(address) !== 6) return address
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address
  const mapped = /^::ffff:([0-9.]+)$/.exec(canonical)?.[1]
  return mapped ?? canonical
}

function listOf(ranges: readonly AddressRange[]): BlockList {
  const list = new BlockList()
  for (const { address, prefix } of ranges) list.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  return list
}
