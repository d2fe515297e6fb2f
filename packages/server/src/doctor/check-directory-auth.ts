import type { ClusterConfig } from '../cluster-config.ts'
import { checkAuth } from './check-auth.ts'
import { type Finding, ok, warn } from './finding.ts'

/** Whether what `auth` offers can be checked for the users of a directory, and nobody is sent away for want of another scheme. */
export function checkDirectoryAuth({
  auth,
  credentials,
  users,
  listen,
}: Pick<ClusterConfig, 'auth' | 'credentials' | 'users' | 'listen'>): readonly Finding[] {
  const { ldapBind, ntlmAuth } = credentials
  // IM passwords of a users file are checked beside the directory.
  const digest = auth.digest && users !== undefined
  const ntlm = auth.ntlm && (ntlmAuth !== undefined || users !== undefined)
  const basic = auth.basic && ldapBind
  const findings: Finding[] = []
  if (auth.digest && !digest) {
    findings.push(
      warn(
        'Digest is offered, and nothing can check it: a directory gives no verifiers away',
        'auth.digest: false; or IM passwords in a users file',
      ),
    )
  }
  if (auth.ntlm && !ntlm)
    findings.push(warn('NTLM is offered, and nothing can check it', 'credentials.ntlmAuth; or auth.ntlm: false'))
  if (!listen.some(({ tls }) => tls) && !ntlm && !digest) {
    findings.push(
      warn(
        'nobody can sign in here: passwords for the directory are taken over TLS only',
        'give a listener a certificate: listen[].tls; or credentials.ntlmAuth',
      ),
    )
    return findings
  }
  if (ntlmAuth?.kerberos) findings.push(ok('users sign in with Kerberos, too'))
  return [...findings, ...checkAuth({ auth: { ...auth, digest, ntlm, basic }, listen })]
}
