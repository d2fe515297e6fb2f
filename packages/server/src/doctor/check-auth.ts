import type { SharedConfig } from '../config-sections.ts'
import { type Finding, ok, warn } from './finding.ts'

/** Which real clients the settings of `auth` keep out (client-facts §1.10, §2.2, §3.2). */
export function checkAuth({ auth, listen }: Pick<SharedConfig, 'auth' | 'listen'>): readonly Finding[] {
  const hasTls = listen.some(({ tls }) => tls)
  if (!auth.digest && !auth.ntlm && !(auth.basic && hasTls)) {
    return [warn('nobody can sign in: every scheme is off', 'set auth.digest: true; auth.basic works with TLS only')]
  }
  if (auth.ntlm && !auth.digest && !auth.insecureNtlmv1) {
    return [
      warn(
        'librvp (Pidgin) knows only NTLMv1, and is refused',
        'set auth.digest: true; or auth.insecureNtlmv1: true, which Net::RVP also needs, on a trusted network',
      ),
    ]
  }
  if (auth.ntlm && auth.insecureNtlmv1) {
    return [
      warn(
        'NTLMv1 is allowed: who listens in can find out IM passwords',
        'once no client needs it, set auth.insecureNtlmv1: false',
      ),
    ]
  }
  const schemes = [auth.digest && 'Digest', auth.ntlm && 'NTLMv2', auth.basic && hasTls && 'Basic over TLS']
  return [ok(`users sign in with ${schemes.filter((scheme) => scheme !== false).join(', ')}`)]
}
