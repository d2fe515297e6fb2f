import type { ClusterConfig } from '../cluster-config.ts'
import { type Finding, ok, warn } from './finding.ts'

type Settings = Pick<ClusterConfig, 'auth' | 'credentials' | 'users' | 'listen'>

/** By what the users of a directory sign in here: what `auth` allows and something can check; IM passwords of a users file beside it. */
export function checkDirectoryAuth({ auth, credentials, users, listen }: Settings): readonly Finding[] {
  const { ldapBind, ntlmAuth } = credentials
  const hasFile = users !== undefined
  const schemes = [
    ntlmAuth?.kerberos && 'Kerberos',
    auth.ntlm && (ntlmAuth || hasFile) && 'NTLMv2',
    auth.digest && hasFile && 'Digest',
    auth.basic && (ldapBind || hasFile) && listen.some(({ tls }) => tls) && 'Basic over TLS',
  ].filter((scheme) => typeof scheme === 'string')
  if (schemes.length === 0) {
    const what = 'nobody can sign in here: passwords for the directory are taken over TLS only'
    return [warn(what, 'give a listener a certificate, listen[].tls; or let winbind check, credentials.ntlmAuth')]
  }
  const findings = [ok(`users sign in with ${schemes.join(', ')}`)]
  if (!schemes.includes('Digest') && !auth.insecureNtlmv1) {
    const what = 'librvp (Pidgin) knows only Digest and NTLMv1, and is refused'
    findings.push(warn(what, 'give its users IM passwords in a users file: "users", and parley user passwd --only im'))
  }
  return findings
}
