import { execFile } from 'node:child_process'
import type { ClusterConfig } from '../cluster-config.ts'
import { type Finding, fail, ok, reasonOf, warn } from './finding.ts'

const patienceMs = 10_000
const mostOutput = 65_536

/** An account that no domain has: asking about it counts against nobody's lockout. */
const nobody = 'parley-doctor-asks'
const question = `LANMAN-Challenge: 0123456789abcdef\nUsername: ${nobody}\nNT-Response: ${'0'.repeat(48)}\n.\n`

/** 1.2.840.113554.1.2.2, as it stands in the list of mechanisms that the helper offers (RFC 4120 §1.2, RFC 4178 §4.2.1). */
const kerberosMechanism = Buffer.from('06092a864886f712010202', 'hex')

/** Whether Samba's helper runs, reaches the Windows domain by winbind, and has a key for Kerberos tickets: as this user of the machine. */
export async function checkNtlmAuth({ credentials }: Pick<ClusterConfig, 'credentials'>): Promise<readonly Finding[]> {
  const { ntlmAuth } = credentials
  if (!ntlmAuth) return []
  const ntlm = await checkNtlm(ntlmAuth.command)
  // Without the helper there is nothing more to ask.
  if (!ntlmAuth.kerberos || ntlm.what.includes('cannot be run')) return [ntlm]
  return [ntlm, await checkKerberos(ntlmAuth.command)]
}

async function checkNtlm(command: readonly string[]): Promise<Finding> {
  const { text, error } = await ask(command, 'ntlm-server-1', question)
  const name = command.join(' ')
  if (error !== undefined) {
    return fail(`${name} cannot be run: ${error}`, 'apt-get install winbind, or mend credentials.ntlmAuth.command')
  }
  const problem = /^Authentication-Error: (.*)$/m.exec(text)?.[1] ?? ''
  if (/^Authenticated: /m.test(text) && /account does not exist|no such user|logon failure/i.test(problem)) {
    return ok(`${name} reaches the Windows domain by winbind`)
  }
  if (/winbind/i.test(problem)) {
    return fail(
      `${name} gets no answer from winbind: ${problem}`,
      'see "wbinfo --ping-dc" and "systemctl status winbind"; may this user use winbind? usermod -aG winbindd_priv parley',
    )
  }
  return fail(
    `${name} does not answer as expected${problem === '' ? '' : `: ${problem}`}`,
    'is the machine a member of the Windows domain? See "wbinfo --ping-dc"; else mend credentials.ntlmAuth.command',
  )
}

async function checkKerberos(command: readonly string[]): Promise<Finding> {
  // An empty request: the helper then says what it could take.
  const { text, error } = await ask(command, 'gss-spnego', 'YR\n')
  const offer = Buffer.from(/^TT (\S+)/m.exec(text)?.[1] ?? '', 'base64')
  if (error === undefined && offer.includes(kerberosMechanism)) return ok('Kerberos tickets can be checked')
  return warn(
    'Kerberos tickets cannot be checked: the helper has no key that this user may read',
    'name a keytab with the key of HTTP/HOST by "dedicated keytab file" in smb.conf, and let this user read it; or credentials.ntlmAuth.kerberos: false',
  )
}

/** What the helper answers to one question; `error` when it does not run. Its input is closed behind it, so it ends. */
function ask(
  [program = '', ...options]: readonly string[],
  protocol: string,
  input: string,
): Promise<{ readonly text: string; readonly error?: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      [...options, `--helper-protocol=${protocol}`],
      { timeout: patienceMs, maxBuffer: mostOutput, killSignal: 'SIGKILL' },
      (error, text, errorText) => {
        if (!error) return resolve({ text })
        if (error.killed) return resolve({ text, error: `no answer within ${patienceMs / 1000} s` })
        const said = errorText.trim().split('\n')[0]
        resolve({
          text,
          error: 'code' in error && error.code === 'ENOENT' ? 'there is no such program' : said || reasonOf(error),
        })
      },
    )
    // A program that is not there, or ends at once, takes no input; that is told by its end.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}
