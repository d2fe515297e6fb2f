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

  it('is content with passwords over TLS, and with winbind', () => {
    expect(check({ auth: { digest: false, ntlm: false } })).toEqual(['ok | users sign in with Basic over TLS'])
    const [kerberos, , ...more] = check({ auth: { digest: false }, credentials: { ntlmAuth: {} } })
    expect(kerberos).toBe('ok | users sign in with Kerberos, too')
    expect(more).toEqual([])
  })

  it('warns of schemes that nothing can check, unless there are IM passwords', () => {
    expect(check({}).slice(0, 2)).toEqual([
      expect.stringMatching(/^warn \| Digest is offered.* \| auth.digest: false/),
      expect.stringMatching(/^warn \| NTLM is offered.* \| credentials.ntlmAuth/),
    ])
    expect(check({ users: 'users.yaml' })).toEqual(['ok | users sign in with Digest, NTLMv2, Basic over TLS'])
  })

  it('warns when passwords would be all, and there is no TLS', () => {
    expect(check({ listen: [{ at: '*:80' }], auth: { digest: false, ntlm: false } })).toEqual([
      expect.stringMatching(/^warn \| nobody can sign in here.* \| .*listen\[\]\.tls/),
    ])
  })
})
