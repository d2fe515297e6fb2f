/**
 * `npm test`: the system packages that tests need, every check, the tests of the packages, and those with real clients. The
 * last line says how many passed and failed, checks included. `--require-all` as for the check of coverage; it also fails where the
 * tools for the chart cannot be had, without which its tests are left out. With `--docker`
 * Redis and NATS run from the machine's programs, those tests that are about them run once more on containers, and the chart's pods run in
 * containers, too: as root, since its network policies are packet filters.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureChartTools } from './chart-tools.ts'
import { checkSteps } from './check-steps.ts'
import { dockerAnswers, openDockerEngine } from './docker-engine.ts'
import { runStep, type Step } from './step.ts'
import { containerPackages, dockerPackages, ensurePackages, systemPackages } from './system-packages.ts'
import { readCounts } from './test-counts.ts'

const onContainers = [
  'packages/adapter-redis/tests/',
  'packages/adapter-nats/tests/',
  'packages/testkit/tests/servers-',
]
const config = '.config/vitest.config.ts'
const containerTag = 'e2e'
const withDocker = process.argv.includes('--docker')
const requireAll = process.argv.includes('--require-all')

if (!ensurePackages(systemPackages)) process.exit(1)
if (withDocker && !dockerAnswers() && !ensurePackages(dockerPackages)) process.exit(1)
if (withDocker && !ensurePackages(containerPackages)) process.exit(1)

const hasChartTools = ensureChartTools()

let passed = 0
let failed = 0
const reports = mkdtempSync(join(tmpdir(), 'parley-test-reports-'))

for (const step of checkSteps({ requireAll })) await check(step)
const programs = withDocker ? { PARLEY_TEST_DOCKER: 'off' } : {}
await test('tests of the packages', ['--config', config], programs)
const withoutChart = hasChartTools ? [] : ['--exclude', 'test-e2e/helm/**']
await test('tests with real clients', ['--config', '.config/vitest.e2e.config.ts', ...withoutChart], programs)
if (withDocker) await testOnContainers()
rmSync(reports, { recursive: true })
if (!hasChartTools) {
  console.log('\nThe tests of the chart were left out: what they need is missing, as said above.')
  if (requireAll) failed += 1
}

console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

async function check(step: Step): Promise<boolean> {
  const ok = await runStep(step)
  if (ok) passed += 1
  else failed += 1
  return ok
}

/** Runs a suite and counts its tests. */
async function test(name: string, options: readonly string[], environment: Step['environment'] = {}): Promise<void> {
  const file = join(reports, `${name}.json`)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const ok = await runStep({ name, command: ['vitest', 'run', ...options, ...reporters], show: true, environment })
  const counts = readCounts(file)
  passed += counts.passed
  // NOTE: vitest also fails for what no test reports, such as an unhandled rejection.
  failed += ok ? counts.failed : Math.max(1, counts.failed)
}

async function testOnContainers(): Promise<void> {
  try {
    await using engine = await openDockerEngine()
    const { environment } = engine
    const names = ['--prefix', 'parley-test-', '--tag', containerTag] as const
    const build = ['node', 'deploy/images/build.ts', '--load', ...names] as const
    if (!(await check({ name: 'images without a registry', command: build, environment }))) return
    const required = {
      ...environment,
      PARLEY_TEST_DOCKER: 'required',
      PARLEY_TEST_REDIS_IMAGE: `parley-test-redis:${containerTag}`,
      PARLEY_TEST_NATS_IMAGE: `parley-test-nats:${containerTag}`,
    }
    // They wait for servers rather than use the processor.
    await test('tests on containers', ['--config', config, '--maxWorkers=3', ...onContainers], required)
    await test('tests of the chart in containers', ['--config', '.config/vitest.containers.config.ts'], environment)
  } catch (error) {
    console.log(error instanceof Error ? error.message : error)
    failed += 1
  }
}
