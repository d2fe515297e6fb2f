import type { AccessEntry } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { may } from './access.ts'
import type { AuthScheme } from './identity.ts'
import { DomainUnderTest, nodeOf } from './testing/domain-under-test.ts'

/** Schemes under which alice may send to bob, whose list has one entry for her with these credentials. */
function accepted(credentials: AccessEntry['credentials']): readonly AuthScheme[] {
  const node = new DomainUnderTest().user('bob')
  const entry = (principal: AccessEntry['principal'], grant: AccessEntry['grant']): AccessEntry => {
    return { principal, credentials, grant, deny: [] }
  }
  node.head = {
    kind: 'user',
    acl: [entry({ kind: 'all' }, []), entry({ kind: 'node', node: nodeOf('alice') }, ['send-to'])],
  }
  const schemes: readonly AuthScheme[] = ['digest', 'basic', 'ntlm', 'negotiate', 'stream', 'internal']
  return schemes.filter((scheme) => may(node, { principal: nodeOf('alice'), scheme }, 'send-to'))
}

describe('credentials of an access entry, RVP §5.7.2.1', () => {
  it('ntlm takes a proof by NTLM, under Negotiate too (RVP §5.7.2.2)', () => {
    expect(accepted(['ntlm'])).toEqual(['ntlm', 'negotiate'])
  })

  it('digest takes a proof by Digest, and by Basic over TLS (RVP §5.7.2.3)', () => {
    expect(accepted(['digest'])).toEqual(['digest', 'basic', 'stream'])
  })

  it('assertion alone takes nobody here, since we ask everybody for a proof (RVP §5.7.2.4)', () => {
    expect(accepted(['assertion'])).toEqual([])
  })

  it('internal takes a proof by a means of the servers’ own (RVP §5.7.2.5)', () => {
    expect(accepted(['internal'])).toEqual(['internal'])
  })

  it('any takes whatever proof there is (RVP §5.7.2.6)', () => {
    expect(accepted('any')).toHaveLength(6)
  })

  it('are a set: each of them is taken', () => {
    expect(accepted(['ntlm', 'digest'])).toEqual(['digest', 'basic', 'ntlm', 'negotiate', 'stream'])
  })

  it('never count against the owner (client-facts §5, 42) [R42]', () => {
    const node = new DomainUnderTest().user('bob')
    expect(may(node, { principal: nodeOf('bob'), scheme: 'ntlm' }, 'writeacl')).toBe(true)
  })
})
