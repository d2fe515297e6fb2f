import { describe, expect, it } from 'vitest'
import { type ClusterConfigInput, clusterConfig } from '../cluster-config.ts'
import { checkDirectoryAuth } from './check-directory-auth.ts'
import type { Finding } from './finding.ts'

const lines = (findings: readonly Finding[]) =>
  findings.map(({ level, what, todo }) => [level, what, todo].filter(Boolean).join(' | '))

describe('checkDirectoryAuth', () => {
  const tls = { cert: 'cert.pem', key: 'key.pem' }
  const check = (more: Partial<ClusterConfigInput>) =>
    lines(
      checkDirectoryAuth(
        clusterConfig.parse({
          domains: [{ name: 'im.example.com' }],
          redis: { url: 'redis://localhost' },
          nats: { servers: ['nats://localhost'] },
          cluster: { keys: [{ id: 'k1', file: 'k' }] },
          listen: [{ at: '*:443', tls }],
          ...more,
        }),
      ),
    )

  it('says by what users can sign in: only by what something can check', () => {
    expect(check({})[0]).toBe('ok | users sign in with Basic over TLS')
    expect(check({ credentials: { ntlmAuth: {} } })[0]).toBe('ok | users sign in with Kerberos, NTLMv2, Basic over TLS')
    expect(check({ users: 'users.yaml' })).toEqual(['ok | users sign in with NTLMv2, Digest, Basic over TLS'])
  })

  it('says what it takes for librvp, which knows neither NTLMv2 nor Basic', () => {
    expect(check({ credentials: { ntlmAuth: {} } })[1]).toMatch(/^warn \| librvp .* \| .*IM passwords in a users file/)
    expect(check({ credentials: { ntlmAuth: {} }, auth: { insecureNtlmv1: true } })).toHaveLength(1)
  })

  it('warns when passwords would be all, and there is no TLS', () => {
    expect(check({ listen: [{ at: '*:80' }] })).toEqual([
      expect.stringMatching(/^warn \| nobody can sign in here.* \| .*listen\[\]\.tls/),
    ])
  })
})
