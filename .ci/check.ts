/** `npm run check`: every check, then the tests of the packages; `--fast` leaves the tests out. */
import { checkSteps } from './check-steps.ts'
import { runStep } from './step.ts'

const options = process.argv.slice(2)
const steps = checkSteps({ requireAll: options.includes('--require-all') })
if (!options.includes('--fast'))
  steps.push({ name: 'tests of the packages', command: ['vitest', 'run', '--config', '.config/vitest.config.ts'] })

let failed = 0
for (const step of steps) if (!(await runStep(step))) failed += 1
if (failed > 0) {
  console.log(`${failed} of ${steps.length} failed`)
  process.exitCode = 1
}
