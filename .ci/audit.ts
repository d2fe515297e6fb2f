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
const pnpm = join(root, `.tools/node_modules/@pnpm/exe.linux-${process.arch}/pnpm`)
const at = process.argv.indexOf('--registry')
const registry = at < 0 ? [] : [`--registry=${process.argv[at + 1]}`]

const { stdout, stderr, error } = spawnSync(pnpm, ['audit', '--json', ...registry], {
  cwd: root,
  encoding: 'utf8',
  timeout: patienceMs,
})
const advisories = parseAudit(stdout ?? '')
if (advisories === undefined) {
  const reason = error?.message ?? stderr.replaceAll(/\s*\n[\s×│]*/g, ' ').trim()
  console.log(`NOT AUDITED: the registry gave no report. ${reason}`)
} else {
  const open = openAdvisories(advisories, auditExceptions, new Date().toISOString().slice(0, 10))
  for (const { package: name, versions, severity, id, title, onlyDevelopment } of open)
    console.log(
      `${name} ${versions.join(', ')}: ${severity}${onlyDevelopment ? ', in development' : ''}, ${id}, ${title}`,
    )
  console.log(`${advisories.length} advisories, ${open.length} to deal with`)
  if (open.length > 0) process.exitCode = 1
}
