import { describe, expect, it } from 'vitest'
import { canonicalAddress, inRanges, isLoopback, isSpecialPurpose, parseAddressRange } from './address-range.ts'

describe('address ranges', () => {
  it.each([
    ['10.1.0.0/16', { address: '10.1.0.0', prefix: 16 }],
    ['10.1.2.3', { address: '10.1.2.3', prefix: 32 }],
    ['fd00::/8', { address: 'fd00::', prefix: 8 }],
    ['::1', { address: '::1', prefix: 128 }],
    ['0.0.0.0/0', { address: '0.0.0.0', prefix: 0 }],
  ])('are read from %s', (text, range) => {
    expect(parseAddressRange(text)).toEqual(range)
  })

  it.each([
    '',
    '10.1.0.0/33',
    '10.1.0.0/',
    '10.1.0.0/-1',
    '10.1.0.0/1.5',
    '10.1/16',
    '::/129',
    'host/8',
    '10.0.0.0/8/8',
  ])('are not read from "%s"', (text) => {
    expect(parseAddressRange(text)).toBeUndefined()
  })

  it('contain what lies in them, and nothing when there are none', () => {
    const range = parseAddressRange('10.1.0.0/16')
    expect(inRanges('10.1.255.255', range ? [range] : [])).toBe(true)
    expect(inRanges('10.2.0.0', range ? [range] : [])).toBe(false)
    expect(inRanges('fd00::1', range ? [range] : [])).toBe(false)
    expect(inRanges('10.1.0.1', [])).toBe(false)
  })
})

describe('addresses', () => {
  it.each(['127.0.0.1', '127.255.0.1', '::1', '::ffff:127.0.0.1'])('%s is loopback', (address) => {
    expect(isLoopback(address)).toBe(true)
  })

  it.each(['10.0.0.1', '::2', '128.0.0.1'])('%s is not', (address) => {
    expect(isLoopback(address)).toBe(false)
  })

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '169.254.0.1',
    '169.254.169.254',
    '100.100.100.200',
    '192.0.0.192',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::7f00:1',
    '::ffff:10.0.0.1',
    '64:ff9b::1',
    '2002::1',
    'fd00:ec2::254',
    'fe80::1',
    'febf::1',
    'ff02::1',
  ])('%s is nobody’s desk', (address) => {
    expect(isSpecialPurpose(address)).toBe(true)
  })

  it.each([
    '10.0.0.1',
    '100.64.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '192.0.2.1',
    '223.255.255.1',
    '2001:db8::1',
    'fd00::1',
  ])('%s may be', (address) => {
    expect(isSpecialPurpose(address)).toBe(false)
  })

  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['not an address', 'not an address'],
  ])('%s is %s in its one spelling', (address, canonical) => {
    expect(canonicalAddress(address)).toBe(canonical)
  })
})
