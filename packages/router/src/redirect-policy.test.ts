import { describe, expect, it } from 'vitest'
import { redirectionBy } from './redirect-policy.ts'
import { alice, holderOf, requestOf } from './testing/router-under-test.ts'

describe('redirects to the physical URL, RVP §4.1.2', () => {
  const policy = { networks: [{ address: '10.0.0.0', prefix: 8 }], selfId: 'self' }
  const redirection = redirectionBy(policy)

  it('send a client of a chosen network to the holder', () => {
    expect(redirection(requestOf('NOTIFY'), holderOf('one'))).toEqual({
      status: 302,
      headers: [['Location', 'http://one.example.com/instmsg/local/im.example.com/instmsg/aliases/bob']],
    })
  })

  it('send nobody else', () => {
    expect(redirection(requestOf('NOTIFY', { clientAddress: '192.168.0.1' }), holderOf('one'))).toBeUndefined()
    expect(redirectionBy({ networks: [] })(requestOf('NOTIFY'), holderOf('one'))).toBeUndefined()
  })

  it('send nobody a second time, who asks with a physical path then', () => {
    expect(redirection(requestOf('NOTIFY', { isPhysical: true }), holderOf('one'))).toBeUndefined()
  })

  it('send nobody from the holder to itself', () => {
    expect(redirection(requestOf('NOTIFY'), holderOf('self'))).toBeUndefined()
  })

  it('send nobody to a holder whom clients cannot reach', () => {
    const { clientUrl: _, ...holder } = holderOf('one')
    expect(redirection(requestOf('NOTIFY'), holder)).toBeUndefined()
  })

  it('send no server of another IM domain', () => {
    const request = requestOf('NOTIFY', { identity: { principal: alice, scheme: 'federated' } })
    expect(redirection(request, holderOf('one'))).toBeUndefined()
  })
})
