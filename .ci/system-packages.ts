import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'

/** Debian packages that the tests need, and what for. */
export const systemPackages: ReadonlyMap<string, string> = new Map([
  ['bitlbee-libpurple', 'drives the real client without a screen'],
  ['pidgin-librvp', 'the real client: the RVP plug-in'],
  ['gcc', 'compiles the shim that the plug-in needs on current systems'],
  ['libc6-dev', 'headers for the shim'],
  ['libcrypt-dev', 'the plug-in calls libcrypt without naming it'],
  ['openssl', 'certificates for the TLS tests'],
  ['curl', 'an independent HTTP client'],
  ['ca-certificates', 'curl verifies certificates with them'],
  ['nginx-light', 'a proxy in front of streams'],
  ['libwww-perl', 'LWP, on which the client Net::RVP stands'],
  ['libauthen-ntlm-perl', 'the NTLM of LWP'],
  ['chromium', 'a browser, in which packages/protocol must run'],
  ['redis-server', 'what a cluster keeps its state in'],
  ['nats-server', 'what a cluster tells changes of status by'],
  ['libatomic1', 'Node is linked to it: it goes into the image'],
  ['slapd', 'OpenLDAP, a directory that users come from'],
  ['samba', 'a real Active Directory'],
  ['samba-dsdb-modules', 'the directory’s database'],
  ['samba-vfs-modules', 'provisioning a domain writes the rights on its files'],
  ['samba-ad-provision', 'schema and templates of a new domain'],
  ['python3-samba', 'samba-tool, which makes and administers the domain'],
  ['winbind', 'checks NTLM and Kerberos: ntlm_auth'],
  ['ldb-tools', 'changes the directory independently of our LDAP client'],
  ['krb5-user', 'gets real tickets: kinit'],
  ['gss-ntlmssp', 'NTLM in SPNEGO as a real client sends it: a plug-in for curl'],
  ['bind9-utils', 'named-checkzone, which reads the zone that parley dns prints as BIND does'],
  ['prometheus', 'scrapes a cluster, and tests the alert rules: promtool'],
  ['dnsmasq-base', 'a DNS server, for domains that find each other'],
])

/** Those that the tests in containers need besides. */
export const containerPackages: ReadonlyMap<string, string> = new Map([
  ['iptables', 'what network policies and Services of the chart are in its containers'],
])

/** Those that they need where no Docker engine answers yet. */
export const dockerPackages: ReadonlyMap<string, string> = new Map([
  ['docker.io', 'the Docker engine'],
  ['iptables', 'the engine publishes ports with it'],
])

/** Those of `wanted` that dpkg does not have installed. */
export function missingPackages(wanted: Iterable<string>): string[] {
  return [...wanted].filter((name) => {
    const { stdout } = spawnSync('dpkg-query', ['--show', `--showformat=\${db:Status-Status}`, name], {
      encoding: 'utf8',
    })
    return stdout !== 'installed'
  })
}

/** The command that installs `names`, for people to copy. */
export function installCommand(names: readonly string[]): string {
  return `apt-get update && apt-get install -y --no-install-recommends ${names.join(' ')}`
}

/**
 * Makes sure of all `wanted`, which says of each what for: installs what is missing when root, else says what is missing and how to get it. Resolves
 * with whether all are there. In CI nothing is skipped for a missing tool: missing is failed.
 */
export function ensurePackages(wanted: ReadonlyMap<string, string>): boolean {
  const missing = missingPackages(wanted.keys())
  if (missing.length === 0) return true
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log(`installing ${missing.join(' ')} …`)
    withoutStartingServices(() => {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
      const { status, stdout, stderr } = spawnSync('sh', ['-c', installCommand(missing)], { env, encoding: 'utf8' })
      if (status !== 0) console.log(`${stdout}${stderr}`)
    })
  }
  const left = missingPackages(missing)
  if (left.length === 0) return true
  console.log('The tests need these system packages, which are missing:')
  for (const name of left) console.log(`  ${name.padEnd(20)} ${wanted.get(name)}`)
  console.log(`As root: ${installCommand(left)}`)
  return false
}

/** Debian starts what it installs; the tests start their own, so a policy of "no" stands meanwhile. */
function withoutStartingServices(work: () => void): void {
  const policy = '/usr/sbin/policy-rc.d'
  const ours = !existsSync(policy)
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    work()
  } finally {
    if (ours) rmSync(policy)
  }
}
