import { setTimeout } from 'node:timers/promises'
import {
  type RunOptions,
  type SyncChange,
  type SyncProgress,
  SyncRefusedError,
  type SyncResult,
} from '@parley/directory-sync'
import type { ArgumentsCamelCase } from 'yargs'
import type { ClusterConfig } from '../cluster-config.ts'
import { clusterOptions } from '../cluster-options.ts'
import type { CommandBody } from '../command-body.ts'
import { composeSync, openSyncParts, type SyncParts } from '../compose-sync.ts'
import { type ClusterFlags, loadClusterConfig } from '../load-cluster-config.ts'
import { ConfigError } from '../load-config.ts'
import { createLogger, type Logger } from '../logger.ts'
import { runNode } from '../run-node.ts'
import { keepHeapSmall } from '../small-heap.ts'
import { progressLog } from '../sync-events.ts'

/** How long "--once" waits for another process that does the same. */
const patienceTries = 40
const betweenTriesMs = 1_000
const shownProblems = 50

interface SyncArguments extends ClusterFlags {
  readonly once: boolean
  readonly full: boolean
  readonly json: boolean
  readonly 'dry-run': boolean
  readonly 'most-removed': number | undefined
}

/** `parley sync`: brings users into the directory map of a cluster, and follows their changes. */
export const syncCommand: CommandBody<SyncArguments> = {
  builder: (yargs) =>
    clusterOptions(yargs)
      .option('once', { type: 'boolean', default: false, describe: 'End when it is done, rather than follow changes' })
      .option('dry-run', { type: 'boolean', default: false, describe: 'Only print what would change, and end' })
      .option('full', {
        type: 'boolean',
        default: false,
        describe: 'With --once: read everything, rather than changes only',
      })
      .option('json', { type: 'boolean', default: false, describe: 'With --once or --dry-run: print JSON' })
      .option('most-removed', {
        type: 'number',
        describe: 'Largest share of the users that may be removed or renamed at once, 0 to 1 [default: 0.2]',
      })
      .option('admin', { type: 'string', describe: 'ADDRESS:PORT of /healthz, /readyz and /metrics' })
      .example('$0 sync --config cluster.yaml', 'one of several: one works, the others stand by')
      .example('$0 sync --config cluster.yaml --dry-run', 'who would be added, changed, renamed and removed')
      .example('$0 sync --config cluster.yaml --once', 'after "parley user add" and the like'),
  handler: async (args) => {
    const { mostRemoved } = args
    if (mostRemoved !== undefined && !(mostRemoved >= 0 && mostRemoved <= 1)) {
      throw new ConfigError('--most-removed is a share of the users: 0 to 1')
    }
    const read = (): ClusterConfig => loadClusterConfig(args)
    keepHeapSmall()
    if (args.once || args.dryRun) return await runOnce(read(), args)
    await runNode(read, (config) => composeSync(config, { mostRemoved: mostRemoved ?? config.sync.mostRemoved }))
  },
}

async function runOnce(config: ClusterConfig, args: ArgumentsCamelCase<SyncArguments>): Promise<void> {
  const logger = createLogger(config.log.level === 'info' ? 'warn' : config.log.level)
  await using parts = await openSyncParts(config, logger)
  const { engine, lease, holder } = parts
  const progress = progressOf(parts, logger)
  const common = { full: args.full || args.dryRun, mostRemoved: args.mostRemoved ?? config.sync.mostRemoved, progress }
  const output = new SyncOutput(args.json, args.dryRun)
  const changed = args.json || args.dryRun ? { changed: (change: SyncChange) => output.change(change) } : {}
  if (args.dryRun) return await runDry(engine, { ...common, ...changed, step: () => {} }, output)
  await take(parts)
  try {
    output.end(await engine.run({ ...common, ...changed, holder, step: () => lease.check() }))
  } finally {
    await lease.release()
  }
}

/** Shows the difference also of a run that would be refused, and then why. */
async function runDry(engine: SyncParts['engine'], options: RunOptions, output: SyncOutput): Promise<void> {
  try {
    output.end(await engine.run(options))
  } catch (err) {
    if (!(err instanceof SyncRefusedError)) throw err
    output.end(await engine.run({ ...options, mostRemoved: 1 }))
    throw err
  }
}

async function take({ lease, store }: SyncParts): Promise<void> {
  for (let tries = 0; !(await lease.take()); tries++) {
    const other = (await store.holder()) ?? 'another process'
    if (tries === patienceTries) {
      throw new ConfigError(
        `${other} follows the directory already, and does the work: stop it first, or leave it to it`,
      )
    }
    if (tries === 0) process.stderr.write(`parley: waiting for ${other}, which follows the directory\n`)
    await setTimeout(betweenTriesMs)
  }
}

/** On a terminal a line that changes, elsewhere the log. */
function progressOf({ clock }: SyncParts, logger: Logger): (progress: SyncProgress) => void {
  if (!process.stderr.isTTY) return progressLog(logger, clock)
  return ({ phase, done, expected }) => {
    const of = expected === undefined ? '' : ` of ${expected}`
    process.stderr.write(`\r${phase} ${done}${of}\u001b[K${done === expected ? '\r\u001b[K' : ''}`)
  }
}

const signs = { added: '+', changed: '~', renamed: '>', removed: '-' } as const

/** What a single run prints: each difference while it goes on, and what it came to. */
class SyncOutput {
  readonly #json: boolean
  readonly #would: string
  #isFirst = true

  constructor(json: boolean, dryRun: boolean) {
    this.#json = json
    this.#would = dryRun ? 'would be ' : ''
  }

  change(change: SyncChange): void {
    if (this.#json) {
      process.stdout.write(`${this.#isFirst ? '{"changes": [\n  ' : ',\n  '}${JSON.stringify(change)}`)
      this.#isFirst = false
      return
    }
    const { what, node, from, home } = change
    process.stdout.write(`${signs[what]} ${from === undefined ? '' : `${from} -> `}${node} (${home})\n`)
  }

  end(result: SyncResult): void {
    if (this.#json) {
      const begun = this.#isFirst ? '{"changes": [' : ''
      process.stdout.write(`${begun}],\n"result": ${JSON.stringify(result)}}\n`)
      return
    }
    const { added, changed, renamed, removed, users, groups, problems, newProblems } = result
    const would = this.#would
    const parts = [`${added} ${would}added`, `${changed} ${would}changed`, `${renamed} ${would}renamed`]
    process.stdout.write(`${[...parts, `${removed} ${would}removed`].join(', ')}; ${users} users, ${groups} groups\n`)
    for (const { origin, what } of newProblems.slice(0, shownProblems)) process.stdout.write(`! ${origin}: ${what}\n`)
    if (problems > 0) process.stdout.write(`${problems} entries have problems: "parley status" lists them\n`)
  }
}
