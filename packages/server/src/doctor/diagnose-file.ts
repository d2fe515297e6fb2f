import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { systemClock } from '@parley/domain'
import type { ServeFlags } from '../load-config.ts'
import { checkClusterConfig, checkConfig, isClusterFile } from './check-config.ts'
import { type DiagnoseDeps, diagnose } from './diagnose.ts'
import { diagnoseCluster } from './diagnose-cluster.ts'
import type { DnsLookup } from './dns-lookup.ts'
import type { Finding } from './finding.ts'

/** What is to be said of a configuration, of one office or of a cluster, on this machine. */
export async function diagnoseFile(flags: ServeFlags, lookup: DnsLookup): Promise<readonly Finding[]> {
  const deps: DiagnoseDeps = {
    clock: systemClock,
    lookup,
    localAddresses: localAddresses(),
    nodeVersion: process.versions.node,
    limitsText: await readFile('/proc/self/limits', 'utf8').catch(() => ''),
  }
  return isClusterFile(flags.config) ? await clusterFindings(flags, deps) : await serveFindings(flags, deps)
}

async function serveFindings(flags: ServeFlags, deps: DiagnoseDeps): Promise<readonly Finding[]> {
  const { config, findings } = checkConfig(flags)
  return config ? [...findings, ...(await diagnose(config, deps))] : findings
}

async function clusterFindings({ config, listen, admin, logLevel }: ServeFlags, deps: DiagnoseDeps) {
  const checked = checkClusterConfig({ config, listen, admin, logLevel })
  return checked.config ? [...checked.findings, ...(await diagnoseCluster(checked.config, deps))] : checked.findings
}

function localAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map(({ address }) => address))
}
