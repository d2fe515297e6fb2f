import { type HomeName, ManualClock, parseHomeName } from '@parley/domain'
import { ForbiddenError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { ClusterKeys } from './cluster-keys.ts'
import { SignedIdentities, type SignedRequest } from './signed-identity.ts'

const keys = new ClusterKeys([{ id: 'k1', secret: new Uint8Array(32).fill(7) }])
const bob = userUrl('im.example.com', 'bob')
const home: HomeName = parseHomeName('hq-1')
const request: SignedRequest = {
  method: 'NOTIFY',
  target: bob,
  home,
  requestId: 'abc-1',
  caller: {
    identity: { principal: userUrl('im.example.com', 'alice'), scheme: 'ntlm', displayName: 'Älice 🎉' },
    callerHref: 'http://im.example.com:8080/instmsg/aliases/Alice',
    href: 'http://im.example.com:8080/instmsg/aliases/Bob',
    authority: 'im.example.com:8080',
    clientAddress: '2001:db8::1',
    requestHost: 'im.example.com:8080',
    hops: '2',
    member: 'devices',
  },
}

function open() {
  const clock = new ManualClock()
  return { clock, identities: new SignedIdentities({ keys, clock }) }
}

describe('a signed identity', () => {
  it('carries all that an edge knows about a request', () => {
    const { identities } = open()
    expect(identities.verify(identities.sign(request), request)).toEqual(request)
  })

  it('carries a caller whose spellings are the canonical ones', () => {
    const { identities } = open()
    const principal = userUrl('im.example.com', 'alice')
    const plain: SignedRequest = {
      ...request,
      caller: {
        identity: { principal, scheme: 'digest' },
        callerHref: principal,
        href: bob,
        authority: 'im.example.com',
        clientAddress: '10.0.0.1',
        requestHost: undefined,
        hops: undefined,
      },
    }
    expect(identities.verify(identities.sign(plain), plain)).toEqual(plain)
  })

  it('has no caller when a node asks for itself', () => {
    const { identities } = open()
    const call: SignedRequest = { method: 'POST', target: '/parley/hq-1/report', home, requestId: 'abc-2' }
    expect(identities.verify(identities.sign(call), call)).toEqual(call)
  })

  it('is refused when any of its bytes is another', () => {
    const { identities } = open()
    const token = identities.sign(request)
    for (let index = 0; index < token.length; index++) {
      for (const bit of [1, 2, 32]) {
        const changed = String.fromCharCode(token.charCodeAt(index) ^ bit)
        const tampered = token.slice(0, index) + changed + token.slice(index + 1)
        expect(() => identities.verify(tampered, request)).toThrow(ForbiddenError)
      }
    }
  })

  it('is refused when it is cut, or longer', () => {
    const { identities } = open()
    const token = identities.sign(request)
    for (let length = 0; length < token.length; length++) {
      expect(() => identities.verify(token.slice(0, length), request)).toThrow(ForbiddenError)
    }
    expect(() => identities.verify(`${token}A`, request)).toThrow(ForbiddenError)
    expect(() => identities.verify('A'.repeat(20_000), request)).toThrow('too long')
  })

  it.each([
    ['30 s later', 30_000, undefined],
    ['31 s later', 31_000, 'was signed 31000 ms ago'],
    ['by a clock 5 s ahead', -5_000, undefined],
    ['by a clock 6 s ahead', -6_000, 'was signed 6000 ms in the future'],
  ])('used %s', (_, elapsedMs, refusal) => {
    const signer = new SignedIdentities({ keys, clock: { now: () => 1_000_000 } })
    const verifier = new SignedIdentities({ keys, clock: { now: () => 1_000_000 + elapsedMs } })
    const verify = () => verifier.verify(signer.sign(request), request)
    if (refusal === undefined) expect(verify()).toEqual(request)
    else expect(verify).toThrow(refusal)
  })

  it.each([
    ['another method', { ...request, method: 'ACL' }, 'another method'],
    ['another target', { ...request, target: userUrl('im.example.com', 'carol') }, 'another target'],
  ])('is refused for %s', (_, used, refusal) => {
    const { identities } = open()
    expect(() => identities.verify(identities.sign(request), used)).toThrow(refusal)
  })

  it('tells its peer nothing of what is wrong with it', () => {
    const { identities } = open()
    for (const token of [undefined, '', 'a.b.c', identities.sign({ ...request, method: 'ACL' })]) {
      expect(() => identities.verify(token, request)).toThrow(
        expect.objectContaining({ status: 403, publicMessage: 'no valid identity' }),
      )
    }
  })

  it('is refused when what a key signed is no claims', () => {
    const { identities } = open()
    for (const payload of ['', 'AAAA', Buffer.from('{"method":1}').toString('base64url')]) {
      expect(() => identities.verify(keys.sign(payload), request)).toThrow('cannot be read')
    }
  })
})
