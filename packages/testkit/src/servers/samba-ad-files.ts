import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { runProgram } from './run-program.ts'
import { sambaDomain } from './samba-ad-template.ts'

/** Where the files of one controller are. */
export interface SambaFiles {
  readonly smbConf: string
  readonly krb5Conf: string
  readonly caFile: string
  /** A script that runs ntlm_auth with this controller's winbindd. */
  readonly ntlmAuth: string
  /** Of sockets and process ids; to be empty at a start. */
  readonly runFolder: string
}

/** Writes what a controller in `folder` needs to serve at `host`; `config` has parameters of smb.conf, which win over ours. */
export async function writeSambaFiles(
  folder: string,
  host: string,
  config: Readonly<Record<string, string>>,
): Promise<SambaFiles> {
  const files = {
    smbConf: join(folder, 'etc', 'smb.conf'),
    krb5Conf: join(folder, 'krb5.conf'),
    caFile: join(folder, 'cert.pem'),
    ntlmAuth: join(folder, 'ntlm_auth'),
    runFolder: join(folder, 'run'),
  }
  const keyFile = join(folder, 'key.pem')
  await writeCertificate(host, files.caFile, keyFile)
  await writeFile(files.smbConf, smbConf({ ...parameters(folder, host, files, keyFile), ...config }))
  await writeFile(files.krb5Conf, krb5Conf(host))
  await writeFile(files.ntlmAuth, ntlmAuthScript(files))
  await chmod(files.ntlmAuth, 0o755)
  return files
}

/** A loopback address at which nobody serves LDAP. */
export async function freeAddress(): Promise<string> {
  for (;;) {
    const host = `127.${randomInt(64, 128)}.${randomInt(256)}.${randomInt(1, 255)}`
    const server = createServer().listen(389, host)
    try {
      await once(server, 'listening')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue
      throw error
    }
    server.close()
    await once(server, 'close')
    return host
  }
}

async function writeCertificate(host: string, certFile: string, keyFile: string): Promise<void> {
  const { hostName } = sambaDomain
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const subject = ['-subj', `/CN=${hostName}`, '-addext', `subjectAltName=DNS:${hostName},IP:${host}`]
  await runProgram('openssl', ['req', ...kind, ...subject, '-keyout', keyFile, '-out', certFile])
  // Samba refuses a key that others may read.
  await chmod(keyFile, 0o600)
}

function parameters(folder: string, host: string, files: SambaFiles, keyFile: string): Record<string, string> {
  const { realm, ntDomain, controller } = sambaDomain
  return {
    realm,
    workgroup: ntDomain,
    'netbios name': controller,
    'server role': 'active directory domain controller',
    // Without files, printers, NetBIOS and replication.
    'server services': 'rpc ldap cldap kdc winbindd',
    'prefork children': '1',
    // With a mask, Samba takes an address of loopback that no interface is said to have.
    interfaces: `${host}/8`,
    'bind interfaces only': 'yes',
    'private dir': join(folder, 'private'),
    'state directory': join(folder, 'state'),
    'cache directory': join(folder, 'cache'),
    'lock directory': folder,
    'pid directory': files.runFolder,
    'ncalrpc dir': join(files.runFolder, 'ncalrpc'),
    'winbindd socket directory': join(files.runFolder, 'winbindd'),
    'ntp signd socket directory': join(files.runFolder, 'ntp_signd'),
    'tls certfile': files.caFile,
    'tls keyfile': keyFile,
    'tls cafile': '',
    'dsdb:schema update allowed': 'yes',
    // What a crash of the machine loses of a test’s directory nobody misses.
    'ldb:nosync': 'yes',
  }
}

function smbConf(config: Readonly<Record<string, string>>): string {
  const lines = Object.entries(config).map(([name, value]) => `${name} = ${value}`)
  return ['[global]', ...lines, ''].join('\n')
}

function krb5Conf(host: string): string {
  const { realm, dnsName } = sambaDomain
  return `[libdefaults]
default_realm = ${realm}
dns_lookup_kdc = false
dns_lookup_realm = false
dns_canonicalize_hostname = false
rdns = false
[realms]
${realm} = {
  kdc = ${host}
  kpasswd_server = ${host}
}
[domain_realm]
.${dnsName} = ${realm}
.example.test = ${realm}
`
}

/**
 * NOTE: the library by which ntlm_auth asks winbindd has the folder of its socket compiled in. So the script shows the program
 * this controller's folder in that place, in a mount namespace that ends with it.
 */
function ntlmAuthScript({ runFolder, smbConf }: SambaFiles): string {
  const inside = `mkdir -p /run/samba && mount -t tmpfs parley-test /run/samba && mkdir -m 755 /run/samba/winbindd \
&& mount --bind "$0" /run/samba/winbindd && exec ntlm_auth "$@"`
  return `#!/bin/sh
exec unshare --mount sh -c '${inside}' '${join(runFolder, 'winbindd')}' '--configfile=${smbConf}' "$@"
`
}
