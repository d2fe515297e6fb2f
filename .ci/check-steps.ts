import type { Step } from './step.ts'

/** The checks that need no test to run; `requireAll` also fails for a client requirement without a test. */
export function checkSteps({ requireAll }: { readonly requireAll: boolean }): Step[] {
  return [
    { name: 'format and lint', command: ['biome', 'check', '--error-on-warnings', '.'] },
    { name: 'types', command: ['tsc', '-p', '.config/tsconfig.json'] },
    { name: 'types of protocol, without Node', command: ['tsc', '-p', 'packages/protocol'] },
    { name: 'import direction', command: ['node', '.ci/checks/import-direction.ts'] },
    { name: 'forbidden things', command: ['node', '.ci/checks/forbidden.ts'] },
    { name: 'cited sections exist', command: ['node', '.ci/checks/rvp-sections.ts'] },
    { name: 'reference of the configuration', command: ['node', '.ci/checks/configuration.ts'] },
    { name: 'description of the search', command: ['node', '.ci/checks/openapi.ts'] },
    { name: 'versions', command: ['node', '.ci/checks/versions.ts'] },
    { name: 'licences of packages', command: ['node', '.ci/checks/licenses.ts'] },
    { name: 'values of the chart', command: ['node', '.ci/checks/chart.ts'] },
    { name: 'dashboards', command: ['node', '.ci/checks/dashboards.ts'] },
    { name: 'runbooks', command: ['node', '.ci/checks/runbooks.ts'] },
    {
      name: 'coverage of RVP and of the clients',
      command: ['node', '.ci/checks/coverage.ts', ...(requireAll ? ['--require-all'] : [])],
    },
    // What it finds comes from outside, and may be there tomorrow; so it holds up CI, and nobody's work.
    ...(requireAll
      ? [{ name: 'known weaknesses of packages', command: ['node', '.ci/audit.ts'] as const, show: true }]
      : []),
  ]
}
