import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { ProgramRunner } from './program-runner.ts'
import { runProgram } from './run-program.ts'
import { SambaAdministrator } from './samba-ad-administrator.ts'
import { freeAddress, writeSambaFiles } from './samba-ad-files.ts'
import { sambaDomain, sambaTemplate } from './samba-ad-template.ts'
import { until } from './until.ts'

export interface SambaAdOptions {
  /** Parameters of smb.conf, besides and instead of ours. */
  readonly config?: Readonly<Record<string, string>>
}

/** A domain controller of an Active Directory, by Samba: LDAP, LDAPS, the global catalogue, Kerberos and NTLM. */
export interface RunningSambaAd extends AsyncDisposable {
  /** `AD.EXAMPLE.TEST`. */
  readonly realm: string
  /** NetBIOS name of the domain: `EXAMPLE`. */
  readonly ntDomain: string
  /** `DC=ad,DC=example,DC=test`. */
  readonly baseDn: string
  /** What its certificate is for, besides its address: `dc1.ad.example.test`. */
  readonly hostName: string
  /** Its own address on loopback. */
  readonly host: string
  readonly ldapsUrl: string
  /** Takes simple binds only after StartTLS. */
  readonly ldapUrl: string
  /** File of its certificate, PEM, which is its own authority. */
  readonly caFile: string
  readonly smbConf: string
  /** A krb5.conf that leads to it. */
  readonly krb5Conf: string
  /** Samba's helper, which asks this domain; options such as `--helper-protocol=ntlm-server-1` follow. */
  readonly ntlmAuth: readonly [string, ...string[]]
  /** Makes and changes what is in the directory. */
  readonly administrator: SambaAdministrator
  /** Ends it with all its processes (SIGKILL); what it has written stays. Idempotent. */
  kill(): Promise<void>
  /** Kills it if it runs, and starts it on the same address and data. Resolves once it answers. */
  restart(): Promise<void>
}

/**
 * Starts a domain controller of a new Active Directory; needs to be root, as its ports are below 1024.
 *
 * NOTE: these ports cannot be changed. So each controller has a loopback address to itself, and several run beside each other.
 */
export async function startSambaAd({ config = {} }: SambaAdOptions = {}): Promise<RunningSambaAd> {
  if (process.getuid?.() !== 0) throw new Error('Samba’s Active Directory must be started by root')
  await using started = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'parley-test-samba-'))
  started.defer(() => rm(folder, { recursive: true, force: true }))
  // NOTE: not by node's `cp`, which leaves out the extended attributes; the rights on SYSVOL are in them.
  await runProgram('cp', ['--archive', '--no-target-directory', await sambaTemplate(), folder])
  const host = await freeAddress()
  const files = await writeSambaFiles(folder, host, config)
  const runner = started.use(await ProgramRunner.create(sambaSetup(files.smbConf)))
  const ldapUrl = `ldap://${host}`

  const restart = async () => {
    await runner.kill()
    await rm(files.runFolder, { recursive: true, force: true })
    await mkdir(files.runFolder)
    await runner.start()
    await until(`Samba on ${host} is ready`, async (signal) => {
      const obituary = await runner.obituary()
      if (obituary !== undefined) throw new Error(`Samba ended at its start:\n${obituary}`)
      return await isReady(host, files.ntlmAuth, signal)
    })
  }
  await restart()
  const kept = started.move()
  return {
    realm: sambaDomain.realm,
    ntDomain: sambaDomain.ntDomain,
    baseDn: sambaDomain.baseDn,
    hostName: sambaDomain.hostName,
    host,
    ldapsUrl: `ldaps://${host}`,
    ldapUrl,
    caFile: files.caFile,
    smbConf: files.smbConf,
    krb5Conf: files.krb5Conf,
    ntlmAuth: [files.ntlmAuth],
    administrator: new SambaAdministrator({ folder, ldapUrl, smbConf: files.smbConf, krb5Conf: files.krb5Conf }),
    kill: () => runner.kill(),
    restart,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/**
 * How Samba is run.
 *
 * NOTE: in a process namespace of its own, as winbindd leaves the process group: with the namespace's first process the kernel
 * ends all.
 */
function sambaSetup(smbConf: string) {
  const namespace = ['--pid', '--fork', '--kill-child']
  const samba = ['samba', '--foreground', '--no-process-group', '--debug-stdout', `--configfile=${smbConf}`]
  return { product: 'samba', program: 'unshare', programArguments: [...namespace, ...samba], files: {} } as const
}

async function isReady(host: string, ntlmAuth: string, signal: AbortSignal): Promise<boolean> {
  const ports = await Promise.all([389, 636, 88].map((port) => answers(host, port, signal)))
  if (ports.includes(false)) return false
  // An unknown user is refused (exit status 1) with words of the domain's, if winbindd answers.
  const refusal = await runProgram(ntlmAuth, ['--username=nobody-at-all', '--password=none']).catch(String)
  return refusal.includes('NT_STATUS_NO_SUCH_USER')
}

async function answers(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  const socket = connect({ port, host, signal })
  socket.end()
  return await text(socket).then(
    () => true,
    () => false,
  )
}
