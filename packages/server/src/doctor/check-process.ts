import type { SharedConfig } from '../config-sections.ts'
import { type Finding, fail, ok, warn } from './finding.ts'

const leastNodeMajor = 24
/** Besides clients' connections: call-backs, the store, logs. */
const otherFiles = 1_000

/** The Node that runs, e.g. `26.0.0`. */
export function checkNodeVersion(version: string): Finding {
  if (Number.parseInt(version, 10) >= leastNodeMajor) return ok(`Node ${version}`)
  return fail(`Node ${version} is too old`, `install Node ${leastNodeMajor} or newer`)
}

/** Whether as many files may be open as `limits.connections` wants. `limitsText` is /proc/self/limits. */
export function checkFileLimit(
  config: Pick<SharedConfig, 'limits' | 'listen'>,
  limitsText: string,
): readonly Finding[] {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(limitsText)?.[1]
  if (limit === undefined) return []
  const wanted = config.limits.connections * config.listen.length + otherFiles
  const what = `${limit} open files are allowed, ${wanted} may be wanted`
  if (limit === 'unlimited' || Number(limit) >= wanted) return [ok(what)]
  return [warn(what, `in the systemd unit: LimitNOFILE=${wanted} (in a shell: ulimit -n); or lower limits.connections`)]
}
