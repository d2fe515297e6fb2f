import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { machine } from './machine.ts'
import { type Measured, performancePage, resultTable, yardstickName } from './report.ts'
import type { ReportRow, Workload } from './report-row.ts'
import type { Settings } from './settings.ts'
import { bareHttp } from './workloads/bare-http.ts'
import { directoryChanges } from './workloads/directory-changes.ts'
import { directoryFullRead } from './workloads/directory-full-read.ts'
import { directoryLookups } from './workloads/directory-lookups.ts'
import { directoryMemory } from './workloads/directory-memory.ts'
import { directoryRestart } from './workloads/directory-restart.ts'
import { fanOutOfThree } from './workloads/fan-out-3.ts'
import { imageSize } from './workloads/image-size.ts'
import { lookups } from './workloads/lookups.ts'
import { memory } from './workloads/memory.ts'
import { messages } from './workloads/messages.ts'
import { peopleSearch } from './workloads/people-search.ts'
import { presenceCallbacks, presenceLogged, presenceStreams } from './workloads/presence.ts'
import { rollingUpgrade } from './workloads/rolling-upgrade.ts'
import { routerForward } from './workloads/router-forward.ts'
import { signIn } from './workloads/sign-in.ts'
import { startToReady } from './workloads/start-to-ready.ts'
import { statusAcrossHomes } from './workloads/status-across-homes.ts'
import { takeover } from './workloads/takeover.ts'

/*
 * npm run bench -- [--only NAME]… [--issue N]… [--seconds N] [--people N] [--many-people N] [--node-option OPTION]… [--write]: measures one server, a
 * cluster, a directory, starts and upgrades against the bars of issues 2 to 5. Ends by itself. With --write, what other runs have measured stays.
 */
const page = join(import.meta.dirname, '../../../docs/performance.md')
const workloads: readonly Workload<Settings>[] = [
  bareHttp,
  presenceStreams,
  presenceCallbacks,
  messages,
  signIn,
  memory,
  presenceLogged,
  routerForward,
  lookups,
  statusAcrossHomes,
  takeover,
  fanOutOfThree,
  directoryFullRead,
  directoryChanges,
  directoryRestart,
  peopleSearch,
  directoryMemory,
  directoryLookups,
  imageSize,
  startToReady,
  rollingUpgrade,
]

const usage = `usage: npm run bench -- [--only NAME]… [--issue N]… [--seconds 1-600] [--people N] [--many-people N] [--node-option OPTION]… [--write]
--write wants all of an issue, or all there is.
names: ${workloads.map(({ name }) => name).join(' ')}
`
const values = optionsOrUsage()
if (values.help) {
  process.stdout.write(usage)
  process.exit()
}
const unknown = values.only?.filter((name) => workloads.every((workload) => workload.name !== name)) ?? []
const chosen = workloads.filter(
  ({ name, issue }) => (values.only?.includes(name) ?? true) && (values.issue?.includes(String(issue)) ?? true),
)
// NOTE: or a section of the page would lose the rows of those that did not run.
const issues = [...new Set(chosen.map(({ issue }) => issue))]
const isInParts = values.write && workloads.some((one) => issues.includes(one.issue) && !chosen.includes(one))
const seconds = Number(values.seconds)
const people = Number(values.people)
const manyPeople = Number(values['many-people'])
if (
  unknown.length > 0 ||
  chosen.length === 0 ||
  isInParts ||
  !(seconds >= 1 && seconds <= 600) ||
  !(people >= 1 && manyPeople >= 1)
) {
  process.stderr.write(usage)
  process.exit(2)
}
const directory = mkdtempSync(join(tmpdir(), 'parley-bench-'))
const settings: Settings = {
  seconds,
  serverCpu: 0,
  loadCpu: 1,
  directory,
  people,
  manyPeople,
  nodeOptions: values['node-option'],
}
pinMyself(settings.loadCpu)
// What was started ends with this process, however that ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1))
const before = machine()
const results: (Measured & { readonly rows: ReportRow[] })[] = issues.map((issue) => ({ issue, rows: [] }))
for (const workload of chosen) {
  process.stderr.write(`${workload.name} …\n`)
  const measured = await workload.run(settings)
  for (const row of measured) process.stderr.write(`  ${row.workload}: ${row.figure.toFixed(2)} ${row.unit}\n`)
  results.find(({ issue }) => issue === workload.issue)?.rows.push(...measured)
}
// NOTE: after a failure it stays, as the server's log is in it.
rmSync(directory, { recursive: true })
const yardstick = results.flatMap(({ rows }) => rows).find(({ workload }) => workload === yardstickName)?.figure
process.stdout.write(`${results.map(({ rows }) => resultTable(rows, yardstick)).join('\n')}\n${before}\n`)
if (values.write) {
  const facts = { machine: before, seconds, yardstick }
  writeFileSync(page, performancePage(readFileSync(page, 'utf8'), results, facts))
}

/** What the command line says; ends the process, with how it is to be, when it cannot be understood. */
function optionsOrUsage() {
  try {
    return parseArgs({
      options: {
        help: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        issue: { type: 'string', multiple: true },
        seconds: { type: 'string', default: '10' },
        people: { type: 'string', default: '75000' },
        'many-people': { type: 'string', default: '1000000' },
        'node-option': { type: 'string', multiple: true, default: [] },
        write: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${usage}`)
    process.exit(2)
  }
}

/** All threads of this process, which is the load, leave the server's processor alone. */
function pinMyself(cpu: number): void {
  const { status, stderr } = spawnSync('taskset', ['-a', '-c', '-p', String(cpu), String(process.pid)])
  if (status !== 0) throw new Error(`the load cannot be pinned to processor ${cpu}: ${stderr}`)
}
