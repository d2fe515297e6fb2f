import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { dashboardPaths } from './panel-queries.ts'

const run = promisify(execFile)

// NOTE: Grafana itself is not run; these are its own types, which it generates for programs that make dashboards.
it('dashboards have every field that Grafana demands, and none that it does not know', async () => {
  expect(dashboardPaths.length).toBeGreaterThan(0)
  await run('go', ['run', '.', ...dashboardPaths], { cwd: join(import.meta.dirname, 'grafana'), timeout: 600_000 })
}, 600_000)
