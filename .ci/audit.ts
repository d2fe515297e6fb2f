/**
 * `npm run audit`: asks the registry for known weaknesses of the packages in the lock file. Fails for every one that counts
 * (docs/releasing.md); a registry that cannot be asked is told, and no failure. `--registry <url>` asks that one.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { root } from './checks/source-file.ts'
import { openAdvisories, parseAudit } from './supply-chain/advisories.ts'
import { auditExceptions } from './supply-chain/audit-exceptions.ts'

const patienceMs = 60_000
const mostBytes = 64 * 1024 * 1024
const pnpm = join(root, `.tools/node_modules/@pnpm/exe.linux-${process.arch}/pnpm`)
const at = process.argv.indexOf('--registry')
const registry = at < 0 ? [] : [`--registry=${process.argv[at + 1]}`]

try {
  audit()
} catch (error) {
  console.log(`AUDIT FAILED: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}

function audit(): void {
  const { stdout, stderr, error } = spawnSync(pnpm, ['audit', '--json', ...registry], {
    cwd: root,
    encoding: 'utf8',
    timeout: patienceMs,
    maxBuffer: mostBytes,
  })
  // NOTE: that there was no answer is no failure. A report that was cut is one, and a pnpm that is not there.
  const isLate = error !== undefined && 'code' in error && error.code === 'ETIMEDOUT'
  if (error !== undefined && !isLate) throw error
  const advisories = parseAudit(stdout)
  if (advisories === undefined) {
    const complaint = isLate ? error.message : `${stderr}${stdout}`.replaceAll(/\s*\n[\s×│]*/g, ' ').trim()
    if (!isLate && !tellsOfNoAnswer(complaint)) throw new Error(complaint)
    console.log(`NOT AUDITED: the registry gave no report. ${complaint}`)
    return
  }
  const open = openAdvisories(advisories, auditExceptions, new Date().toISOString().slice(0, 10))
  for (const { package: name, versions, severity, id, title, onlyDevelopment } of open)
    console.log(
      `${name} ${versions.join(', ')}: ${severity}${onlyDevelopment ? ', in development' : ''}, ${id}, ${title}`,
    )
  console.log(`${advisories.length} advisories, ${open.length} to deal with`)
  if (open.length > 0) process.exitCode = 1
}

/** pnpm has one code for all that it does not understand; entries that are not as they should be are an answer. */
function tellsOfNoAnswer(complaint: string): boolean {
  return complaint.includes('ERR_PNPM_AUDIT_BAD_RESPONSE') && !complaint.includes('unexpected body')
}
