import type { CommandModule } from 'yargs'
import { clusterOptions } from '../cluster-options.ts'
import { clusterStatus, type HomeStatus } from '../cluster-status.ts'
import { openClusterTool } from '../cluster-tool.ts'
import { type ClusterFlags, loadClusterConfig } from '../load-cluster-config.ts'

interface StatusArguments extends ClusterFlags {
  readonly json: boolean
}

/** `parley status`: the homes of a cluster, who holds them, and what is wrong. */
export const statusCommand: CommandModule<object, StatusArguments> = {
  command: 'status',
  describe: 'Show the homes of a cluster, who holds them, and what is degraded',
  builder: (yargs) =>
    clusterOptions(yargs)
      .option('json', { type: 'boolean', default: false, describe: 'Print JSON' })
      .epilog('The exit code is 1 when anything is degraded.'),
  handler: async (args) => {
    await using parts = await openClusterTool(loadClusterConfig(args))
    const homes = await clusterStatus(parts)
    process.stdout.write(args.json ? `${JSON.stringify(homes, undefined, 2)}\n` : table(homes))
    if (homes.some(({ degraded }) => degraded.length > 0)) process.exitCode = 1
  },
}

const columns = ['home', 'holder', 'epoch', 'users', 'online', 'devices', 'subscriptions', 'lag'] as const

function table(homes: readonly HomeStatus[]): string {
  if (homes.length === 0) return 'There is no home yet: start one with "parley home --name NAME".\n'
  const rows = [[...columns], ...homes.map((home) => columns.map((column) => `${home[column] ?? '-'}`))]
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)))
  const lines = rows.map((row) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const degraded = [...new Set(homes.flatMap((home) => home.degraded))]
  const verdict =
    degraded.length === 0 ? ['Nothing is degraded.'] : ['Degraded:', ...degraded.map((text) => `  ${text}`)]
  return [...lines, '', ...verdict, ''].join('\n')
}
