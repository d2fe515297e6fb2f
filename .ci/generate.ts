/** `npm run generate`: brings every generated file up to date; CI wants them committed. */
import { runStep } from './step.ts'

// The second reads what the first writes.
for (const script of [
  'rvp-sections',
  'coverage',
  'configuration',
  'openapi',
  'dashboards',
  'chart',
  'licenses',
  'versions',
])
  await runStep({ name: script, command: ['node', `.ci/checks/${script}.ts`, '--write'] })
