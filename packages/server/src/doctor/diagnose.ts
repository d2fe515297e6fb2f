import type { Clock } from '@parley/domain'
import type { ServeConfig } from '../config.ts'
import { checkAuth } from './check-auth.ts'
import { checkCallBacks } from './check-call-backs.ts'
import { checkData } from './check-data.ts'
import { checkDns, type DnsCheckDeps } from './check-dns.ts'
import { checkListeners } from './check-listeners.ts'
import { checkFileLimit, checkNodeVersion } from './check-process.ts'
import { checkTls } from './check-tls.ts'
import { checkUsers } from './check-users.ts'
import type { Finding } from './finding.ts'

/** What the checks know about this machine, besides what they try. */
export interface DiagnoseDeps extends DnsCheckDeps {
  readonly clock: Clock
  readonly nodeVersion: string
  /** The content of /proc/self/limits; empty where there is none. */
  readonly limitsText: string
}

/** Every check of a configuration that is well-formed, in the order in which one would mend things. */
export async function diagnose(config: ServeConfig, deps: DiagnoseDeps): Promise<readonly Finding[]> {
  const groups = await Promise.all([
    [checkNodeVersion(deps.nodeVersion)],
    checkData(config.data),
    checkUsers(config),
    checkListeners(config),
    checkTls(config, deps.clock),
    checkDns(config, deps),
    checkAuth(config),
    checkCallBacks(config),
    checkFileLimit(config, deps.limitsText),
  ])
  return groups.flat()
}
