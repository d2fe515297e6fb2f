import { describe, expect, it } from 'vitest'
import { credentialsSection } from '../src/credentials-config.ts'
import { checkNtlmAuth } from '../src/doctor/check-ntlm-auth.ts'

async function check(command: readonly string[], kerberos = true): Promise<readonly string[]> {
  const credentials = credentialsSection.parse({ ntlmAuth: { command, kerberos } })
  const findings = await checkNtlmAuth({ credentials })
  return findings.map(({ level, what, todo }) => [level, what, todo].filter(Boolean).join(' | '))
}

describe('checkNtlmAuth', () => {
  it('tells a helper that is missing from one that winbind does not answer', async () => {
    expect(await check(['/nowhere/ntlm_auth'])).toEqual([
      'fail | /nowhere/ntlm_auth cannot be run: there is no such program | apt-get install winbind, or mend credentials.ntlmAuth.command',
    ])
    const alone = ['ntlm_auth', '--configfile=/dev/null']
    expect(await check(alone, false)).toEqual([
      expect.stringMatching(/^fail \| ntlm_auth .* gets no answer from winbind/),
    ])
    expect((await check(alone))[1]).toMatch(/^warn \| Kerberos tickets cannot be checked.*dedicated keytab file/)
  })

  it('asks nothing where winbind is not configured, and trusts no other program', async () => {
    expect(await checkNtlmAuth({ credentials: credentialsSection.parse({}) })).toEqual([])
    expect(await check(['cat'], false)).toEqual([expect.stringContaining('fail | cat cannot be run')])
    expect(await check(['echo'], false)).toEqual([expect.stringContaining('fail | echo does not answer as expected')])
  })
})
