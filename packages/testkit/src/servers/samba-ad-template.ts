import { mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from './run-program.ts'

/** The one domain that all of them have; its users differ. */
export const sambaDomain = {
  realm: 'AD.EXAMPLE.TEST',
  ntDomain: 'EXAMPLE',
  dnsName: 'ad.example.test',
  baseDn: 'DC=ad,DC=example,DC=test',
  controller: 'dc1',
  hostName: 'dc1.ad.example.test',
  administratorPassword: 'Parley-Admin-1',
} as const

/** Of what `provision` makes: to be counted up when it makes something else. */
const edition = 1

/**
 * The folder of a domain that was just made, to be copied; it is made once on a machine for each version of Samba, as it takes
 * seconds.
 *
 * NOTE: it gets its name only once it is whole, and who comes second throws away its own. So processes that need one at the
 * same time need no lock, and one that was interrupted leaves nothing that others would take.
 */
export async function sambaTemplate(): Promise<string> {
  const version = (await runProgram('samba', ['--version'])).trim().replace(/[^\w.]+/g, '-')
  const folder = join(tmpdir(), `parley-samba-template-${edition}-${version}`)
  if (await isThere(folder)) return folder
  const making = await mkdtemp(join(tmpdir(), 'parley-samba-making-'))
  try {
    await provision(making)
    await rename(making, folder)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    if (!(await isThere(folder))) throw error
  }
  return folder
}

async function provision(folder: string): Promise<void> {
  const { realm, ntDomain, controller, administratorPassword } = sambaDomain
  await runProgram('samba-tool', [
    ...['domain', 'provision', `--targetdir=${folder}`],
    ...[`--realm=${realm}`, `--domain=${ntDomain}`, `--host-name=${controller}`],
    ...['--server-role=dc', '--dns-backend=NONE', `--adminpass=${administratorPassword}`],
    ...['--option=interfaces=lo', '--option=bind interfaces only=yes'],
  ])
  // Tests change passwords as often as they like, and theirs do not expire.
  const ages = ['--min-pwd-age=0', '--max-pwd-age=0', '--history-length=0']
  await runProgram('samba-tool', [
    ...['domain', 'passwordsettings', 'set', ...ages],
    `--configfile=${join(folder, 'etc', 'smb.conf')}`,
  ])
}

/** Whether we made it, or our like did: others could put anything there. */
async function isThere(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined)
  if (found !== undefined && found.uid !== process.getuid?.()) throw new Error(`${folder} is not ours: remove it`)
  return found !== undefined
}
