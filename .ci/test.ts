/**
 * `npm test`: the system packages that tests need, every check, the tests of the packages, and those with real clients. The
 * last line says how many passed and failed, checks included. `--require-all` as for the check of coverage.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkSteps } from './check-steps.ts'
import { runStep } from './step.ts'
import { ensureSystemPackages } from './system-packages.ts'
import { readCounts } from './test-counts.ts'

if (!ensureSystemPackages()) process.exit(1)

let passed = 0
let failed = 0
for (const step of checkSteps({ requireAll: process.argv.includes('--require-all') })) {
  if (await runStep(step)) passed += 1
  else failed += 1
}

const reports = mkdtempSync(join(tmpdir(), 'parley-test-'))
const suites = [
  { name: 'tests of the packages', config: '.config/vitest.config.ts' },
  { name: 'tests with real clients', config: '.config/vitest.e2e.config.ts' },
]
for (const [index, { name, config }] of suites.entries()) {
  const file = join(reports, `${index}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const ok = await runStep({ name, command: ['vitest', 'run', '--config', config, ...reporters], show: true })
  const counts = readCounts(file)
  passed += counts.passed
  // NOTE: vitest also fails for what no test reports, such as an unhandled rejection.
  failed += ok ? counts.failed : Math.max(1, counts.failed)
}
rmSync(reports, { recursive: true })

console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
