import { type AddressRange, addressTest, parseAddressRange } from '@parley/domain'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forwardedAddress, forwardedOverTls } from './forwarded-client.ts'
import type { HttpHeaders } from './http-message.ts'

const proxies = ['10.0.0.0/8', 'fd00::/8'].map((text) => parseAddressRange(text) as AddressRange)
const isTrusted = addressTest(proxies)
const peer = '10.0.0.1'

function headers(name: string, values: readonly string[]): HttpHeaders {
  return { get: (asked) => (asked === name ? values[0] : undefined), all: (asked) => (asked === name ? values : []) }
}

function clientOf(...lines: string[]): string {
  return forwardedAddress(peer, headers('x-forwarded-for', lines), isTrusted)
}

describe('the address of a client behind trusted proxies', () => {
  it.each([
    ['one proxy', ['203.0.113.7'], '203.0.113.7'],
    ['a chain of proxies', ['203.0.113.7, 10.1.0.1, 10.2.0.2'], '203.0.113.7'],
    ['what the client itself claims', ['198.51.100.1, 203.0.113.7, 10.1.0.1'], '203.0.113.7'],
    ['a client that claims to be a proxy', ['10.9.9.9, 203.0.113.7'], '203.0.113.7'],
    [
      'several header lines, of which the last is the nearest',
      ['198.51.100.1', '203.0.113.7', '10.1.0.1'],
      '203.0.113.7',
    ],
    ['a port', ['203.0.113.7:50123'], '203.0.113.7'],
    ['IPv6', ['2001:DB8:0::7'], '2001:db8::7'],
    ['IPv6 in brackets', ['[2001:db8::7]'], '2001:db8::7'],
    ['IPv6 with a port', ['[2001:db8::7]:50123'], '2001:db8::7'],
    ['IPv4 in IPv6’s clothes', ['::ffff:203.0.113.7'], '203.0.113.7'],
    ['a trusted proxy in IPv6’s clothes', ['203.0.113.7, ::ffff:10.1.0.1'], '203.0.113.7'],
    ['empty entries', [', 203.0.113.7,, '], '203.0.113.7'],
    ['a client within the trusted networks', ['10.3.0.3'], '10.3.0.3'],
  ])('is read from %s', (_, lines, expected) => {
    expect(clientOf(...lines)).toBe(expected)
  })

  it.each([
    ['nothing at all', []],
    ['no address', ['unknown']],
    ['an obfuscated name', ['_hidden']],
    ['a zone', ['fe80::1%eth0']],
    ['IPv4 in brackets', ['[203.0.113.7]']],
    ['an octal number', ['0203.0.113.7']],
    ['something endless', ['1'.repeat(10_000)]],
    ['a port that is none', ['203.0.113.7:http']],
    ['an address with a word', ['203.0.113.7 or so']],
  ])('is the proxy’s own where it says %s', (_, lines) => {
    expect(clientOf(...lines)).toBe(peer)
  })

  it('is the last that somebody trusted vouched for, where an entry before it cannot be read', () => {
    expect(clientOf('203.0.113.7, nonsense, 10.1.0.1')).toBe('10.1.0.1')
  })

  it('is never moved by what a client sends: proxies write to the right of it', () => {
    const anything = fc.array(fc.string({ unit: 'binary-ascii', maxLength: 200 }), { maxLength: 4 })
    const chain = fc.array(fc.constantFrom('10.1.0.1', 'fd00::1', '::ffff:10.4.4.4'), { maxLength: 3 })
    fc.assert(
      fc.property(
        anything,
        fc.ipV4().filter((address) => !isTrusted(address)),
        chain,
        (sent, client, through) => {
          const last = [sent.at(-1) ?? '', client, ...through].join(', ')
          expect(clientOf(...sent.slice(0, -1), last)).toBe(client)
        },
      ),
    )
  })

  it('is always an address: the peer’s, or one that stands in the header', () => {
    const entry = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.string({ maxLength: 40 }),
      fc.constantFrom('10.0.0.2', '[fd00::2]:1', '', '999.1.1.1', '::1%lo'),
    )
    fc.assert(
      fc.property(fc.array(fc.array(entry, { maxLength: 6 }), { maxLength: 3 }), (lines) => {
        expect(parseAddressRange(clientOf(...lines.map((line) => line.join(','))))).toBeDefined()
      }),
    )
  })

  it('does not depend on how entries are spread over header lines', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('10.0.0.2', '203.0.113.7', 'x', ''), { maxLength: 8 }), (entries) => {
        expect(clientOf(...entries)).toBe(clientOf(entries.join(',')))
      }),
    )
  })
})

describe('encryption, as trusted proxies tell it', () => {
  it.each([
    [['https'], true],
    [['HTTPS'], true],
    [['https, https'], true],
    [[], false],
    [['http'], false],
    [['https, http'], false],
    [['http', 'https'], false],
    [['https,'], false],
    [['https;'], false],
  ])('of %j is %s', (lines, expected) => {
    expect(forwardedOverTls(headers('x-forwarded-proto', lines))).toBe(expected)
  })
})
