import { z } from 'zod'

/** A known weakness of a package that is installed, as the registry tells it. */
export interface Advisory {
  /** e.g. `GHSA-…`; its address where it has no such number. */
  readonly id: string
  readonly package: string
  readonly versions: readonly string[]
  readonly severity: 'info' | 'low' | 'moderate' | 'high' | 'critical'
  readonly title: string
  /** Whether only development uses it; nothing of that is in the image. */
  readonly onlyDevelopment: boolean
}

/** An advisory that is known and does not count for a while. */
export interface AuditException {
  readonly id: string
  readonly package: string
  /** Why it does no harm here. */
  readonly reason: string
  /** The last day on which it does not count: `2026-12-31`. */
  readonly until: string
}

const reportSchema = z.object({
  advisories: z.record(
    z.string(),
    z.object({
      github_advisory_id: z.string().nullish(),
      url: z.string(),
      module_name: z.string(),
      severity: z.enum(['info', 'low', 'moderate', 'high', 'critical']),
      title: z.string(),
      findings: z.array(z.object({ version: z.string(), dev: z.boolean() })),
    }),
  ),
})

/**
 * Reads what `pnpm audit --json` prints; undefined when that is no report, as when the registry does not answer such questions. Throws if it
 * is one, and cannot be read.
 */
export function parseAudit(output: string): readonly Advisory[] | undefined {
  // Without a report pnpm prints nothing, words or {"error":…}.
  if (!output.trimStart().startsWith('{')) return undefined
  const json = JSON.parse(output) as object
  if ('error' in json && !('advisories' in json)) return undefined
  const report = reportSchema.safeParse(json)
  if (!report.success) throw new Error(z.prettifyError(report.error))
  return Object.values(report.data.advisories).map((each) => ({
    id: each.github_advisory_id || each.url,
    package: each.module_name,
    versions: [...new Set(each.findings.map(({ version }) => version))],
    severity: each.severity,
    title: each.title,
    onlyDevelopment: each.findings.length > 0 && each.findings.every(({ dev }) => dev),
  }))
}

/** What must be dealt with on `today` (`2026-11-23`): everything in the image, and what is grave elsewhere, but for exceptions in force. */
export function openAdvisories(
  advisories: readonly Advisory[],
  exceptions: readonly AuditException[],
  today: string,
): readonly Advisory[] {
  const isGrave = ({ severity }: Advisory) => severity === 'high' || severity === 'critical'
  const isExcepted = (advisory: Advisory) =>
    exceptions.some(({ id, package: name, until }) => id === advisory.id && name === advisory.package && today <= until)
  return advisories.filter((each) => (!each.onlyDevelopment || isGrave(each)) && !isExcepted(each))
}
