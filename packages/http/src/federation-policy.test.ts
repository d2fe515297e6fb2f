import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { defaultFederationLimits, type FederatedDomain, FederationPolicy, provesDomain } from './federation-policy.ts'

function domainNamed(domain: string, given: Partial<FederatedDomain> = {}): FederatedDomain {
  return {
    domain,
    inbound: true,
    outbound: true,
    serverNames: [],
    limits: defaultFederationLimits,
    allowPrivate: false,
    ...given,
  }
}

describe('the policy of federation', () => {
  const policy = new FederationPolicy([
    domainNamed('both.example'),
    domainNamed('in.example', { outbound: false }),
    domainNamed('out.example', { inbound: false }),
  ])

  it('knows the domains that it names, and nobody else', () => {
    expect(policy.isKnown('both.example')).toBe(true)
    expect(policy.isKnown('other.example')).toBe(false)
    expect(policy.outbound(userUrl('other.example', 'eve'))).toBeUndefined()
    expect(policy.inbound(userUrl('other.example', 'eve'))).toBeUndefined()
  })

  it('keeps the directions apart', () => {
    expect(policy.outbound(userUrl('in.example', 'ann'))).toBeUndefined()
    expect(policy.inbound(userUrl('in.example', 'ann'))?.domain).toBe('in.example')
    expect(policy.outbound(userUrl('out.example', 'ann'))?.domain).toBe('out.example')
    expect(policy.inbound(userUrl('out.example', 'ann'))).toBeUndefined()
  })

  it('takes a domain with a port for another one', () => {
    expect(policy.outbound(userUrl('both.example:8080', 'ann'))).toBeUndefined()
  })
})

describe('what a certificate proves', () => {
  it('is the domain that it names', () => {
    expect(provesDomain(['www.b.example', 'b.example'], domainNamed('b.example'))).toBe(true)
    expect(provesDomain(['a.example'], domainNamed('b.example'))).toBe(false)
    expect(provesDomain([], domainNamed('b.example'))).toBe(false)
  })

  it('is the domain whose policy names one of its names', () => {
    const hosted = domainNamed('b.example', { serverNames: ['im.hoster.example'] })
    expect(provesDomain(['im.hoster.example'], hosted)).toBe(true)
    expect(provesDomain(['im.hoster.example'], domainNamed('c.example'))).toBe(false)
  })

  it('is nothing that a wildcard covers', () => {
    expect(provesDomain(['*.example.com'], domainNamed('im.example.com'))).toBe(false)
  })
})
