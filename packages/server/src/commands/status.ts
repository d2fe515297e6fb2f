import { printableLine } from '../chat/printable.ts'
import { clusterOptions } from '../cluster-options.ts'
import { clusterStatus, type HomeStatus } from '../cluster-status.ts'
import { openClusterTool } from '../cluster-tool.ts'
import type { CommandBody } from '../command-body.ts'
import { Conditions } from '../conditions.ts'
import { type ClusterFlags, loadClusterConfig } from '../load-cluster-config.ts'
import { type SyncStatus, syncStatus } from '../sync-status.ts'

interface StatusArguments extends ClusterFlags {
  readonly json: boolean
}

/** `parley status`: the homes of a cluster, who holds them, what became of the directory, and what is wrong. */
export const statusCommand: CommandBody<StatusArguments> = {
  builder: (yargs) =>
    clusterOptions(yargs)
      .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
      .epilog('The exit code is 1 when anything is degraded.'),
  handler: async (args) => {
    const config = loadClusterConfig(args)
    const conditions = new Conditions()
    await using parts = await openClusterTool(config, conditions)
    const [homes, sync] = await Promise.all([
      clusterStatus(parts),
      syncStatus(parts.sync, { isFollowed: config.directory !== undefined }),
    ])
    const found = [...homes.flatMap((home) => home.degraded), ...(sync?.degraded ?? []), ...conditions.list()]
    const degraded = [...new Set(found)]
    process.stdout.write(args.json ? `${JSON.stringify({ homes, sync }, undefined, 2)}\n` : text(homes, sync, degraded))
    if (degraded.length > 0) process.exitCode = 1
  },
}

const columns = ['home', 'holder', 'epoch', 'users', 'online', 'devices', 'subscriptions', 'lag'] as const

const shownProblems = 20

function text(homes: readonly HomeStatus[], sync: SyncStatus | undefined, degraded: readonly string[]): string {
  const verdict =
    degraded.length === 0 ? ['Nothing is degraded.'] : ['Degraded:', ...degraded.map((line) => `  ${line}`)]
  return [...table(homes), ...standbys(homes), ...(sync ? ['', ...directory(sync)] : []), '', ...verdict, ''].join('\n')
}

function table(homes: readonly HomeStatus[]): readonly string[] {
  if (homes.length === 0) return ['There is no home yet: start one with "parley home --name NAME".']
  const rows = [[...columns], ...homes.map((home) => columns.map((column) => `${home[column] ?? '-'}`))]
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function standbys(homes: readonly HomeStatus[]): readonly string[] {
  const lines = homes.flatMap(({ home, standby }) => (standby ? [`  ${home}: start "parley home --name ${home}"`] : []))
  if (lines.length === 0) return []
  return ['', 'Held by a process that stands by, until the one that names it has run for some seconds:', ...lines]
}

function directory({
  holder,
  users,
  groups,
  fullReadAt,
  changedAt,
  switchedOff,
  problems,
}: SyncStatus): readonly string[] {
  const off = switchedOff > 0 ? `, ${switchedOff} switched off` : ''
  const read = fullReadAt === undefined ? 'not read yet' : `read ${fullReadAt}, last changes ${changedAt}`
  const followed = holder === undefined ? '' : `, followed by ${holder}`
  const more =
    problems.length > shownProblems ? [`  ... and ${problems.length - shownProblems} more: --json has all`] : []
  return [
    `Directory: ${users} users, ${groups} groups${off}; ${read}${followed}.`,
    ...(problems.length > 0 ? [`${problems.length} of its entries cannot be used as they are:`] : []),
    ...problems.slice(0, shownProblems).map(({ origin, what }) => `  ${printableLine(`${origin}: ${what}`)}`),
    ...more,
  ]
}
