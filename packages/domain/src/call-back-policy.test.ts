import { ForbiddenError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { parseAddressRange } from './address-range.ts'
import { type CallBackPolicyOptions, pinCallBack } from './call-back-policy.ts'

const strict: CallBackPolicyOptions = { networks: [], insecureLoopback: false }

function allowing(...networks: string[]): CallBackPolicyOptions {
  return { ...strict, networks: networks.flatMap((text) => parseAddressRange(text) ?? []) }
}

function pin(host: string, client: string, options = strict): Promise<string> {
  return pinCallBack({ host, port: 1234 }, client, options)
}

describe('Call-Back, RVP §5.1.4, promise 6', () => {
  it.each([
    ['10.0.0.5', '10.0.0.5', '10.0.0.5'],
    ['[2001:DB8:0:0::5]', '2001:db8::5', '2001:db8::5'],
    ['[::ffff:10.0.0.5]', '10.0.0.5', '10.0.0.5'],
    ['[::ffff:a00:5]', '10.0.0.5', '10.0.0.5'],
  ])('may be at %s for a client at %s', async (host, client, pinned) => {
    expect(await pin(host, client)).toBe(pinned)
  })

  it.each([
    ['somebody else', '10.0.0.6'],
    ['somebody else in IPv6', '[2001:db8::6]'],
    ['loopback', '127.0.0.1'],
    ['any loopback address', '127.8.9.1'],
    ['loopback in IPv6', '[::1]'],
    ['loopback in IPv6’s clothes', '[::ffff:127.0.0.1]'],
    ['loopback in hexadecimal clothes', '[::ffff:7f00:1]'],
    ['unspecified', '0.0.0.0'],
    ['unspecified in IPv6', '[::]'],
    ['cloud metadata', '169.254.169.254'],
    ['cloud metadata in IPv6', '[fd00:ec2::254]'],
    ['a decimal number', '2130706433'],
    ['octal numbers', '0177.0.0.1'],
    ['a hexadecimal number', '0x7f000001'],
    ['a short address', '127.1'],
    ['a zone', '[fe80::1%eth0]'],
    ['a name', 'localhost'],
  ])('may not be at %s: %s', async (_, host) => {
    await expect(pin(host, '10.0.0.5')).rejects.toThrow(ForbiddenError)
  })

  it.each([
    ['169.254.7.7'],
    ['fe80::7'],
    ['0.0.0.0'],
    ['255.255.255.255'],
    ['224.0.0.1'],
    ['ff02::1'],
    ['2002:a00:5::1'],
    ['64:ff9b::a00:5'],
    ['127.0.0.1'],
    ['::1'],
  ])('may not be at %s even for a client that seems to be there', async (address) => {
    await expect(pin(address, address)).rejects.toThrow(ForbiddenError)
  })

  it('may be in networks that the server allows, which never mean special addresses by the way', async () => {
    const options = allowing('10.1.0.0/16', 'fd00:1::/32')
    expect(await pin('10.1.2.3', '192.0.2.1', options)).toBe('10.1.2.3')
    expect(await pin('[fd00:1::3]', '192.0.2.1', options)).toBe('fd00:1::3')
    await expect(pin('10.2.2.3', '192.0.2.1', options)).rejects.toThrow(ForbiddenError)
    const everywhere = allowing('0.0.0.0/0', '::/0')
    expect(await pin('198.51.100.7', '192.0.2.1', everywhere)).toBe('198.51.100.7')
    for (const host of ['169.254.169.254', '[fe80::1]', '127.0.0.1', '[::1]', '[::ffff:169.254.169.254]']) {
      await expect(pin(host, '192.0.2.1', everywhere), host).rejects.toThrow(ForbiddenError)
    }
    expect(await pin('169.254.7.7', '192.0.2.1', allowing('169.254.0.0/16'))).toBe('169.254.7.7')
  })

  it('may be on loopback only where the server says so, and only for a client that is there', async () => {
    const options = { ...strict, insecureLoopback: true }
    expect(await pin('127.0.0.1', '127.0.0.1', options)).toBe('127.0.0.1')
    expect(await pin('[::1]', '127.0.0.1', options)).toBe('::1')
    await expect(pin('127.0.0.1', '10.0.0.5', options)).rejects.toThrow(ForbiddenError)
  })

  it('by name is resolved once, to an address that would be allowed itself', async () => {
    const names: Record<string, string[]> = {
      'desk.example.com': ['10.9.9.9', '10.0.0.5'],
      'evil.example.com': ['127.0.0.1', '169.254.169.254'],
    }
    const lookup = async (host: string): Promise<readonly string[]> => {
      const found = names[host]
      if (!found) throw new Error('ENOTFOUND')
      return found
    }
    expect(await pin('desk.example.com', '10.0.0.5', { ...strict, lookup })).toBe('10.0.0.5')
    await expect(pin('evil.example.com', '10.0.0.5', { ...strict, lookup })).rejects.toThrow(ForbiddenError)
    await expect(pin('no.example.com', '10.0.0.5', { ...strict, lookup })).rejects.toThrow('cannot be resolved')
  })
})
