import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../deploy/images/run.ts'

/**
 * Runs a script of a commit in a fresh checkout of it, and gives the exit code. Node and all packages there are fetched anew, by the commit's lock
 * files; nothing that lies in `repository`, or in pnpm's store on this machine, has a part in it. The current folder stays what it is.
 */
export async function runInFreshCheckout(
  repository: string,
  revision: string,
  script: string,
  ...words: readonly string[]
): Promise<number> {
  using cleanUp = new DisposableStack()
  const work = cleanUp.adopt(mkdtempSync(join(tmpdir(), 'parley-checkout-')), (folder) =>
    rmSync(folder, { recursive: true }),
  )
  const checkout = join(work, 'parley')
  run('git', '-C', repository, 'worktree', 'add', '--quiet', '--detach', checkout, revision)
  cleanUp.defer(() => run('git', '-C', repository, 'worktree', 'remove', '--force', checkout))

  // NOTE: pnpm links packages to files of its store, so who edits a package edits the store; pnpm looks only at the times of files there.
  const store = join(work, 'store')
  const environment = { TMPDIR: work, pnpm_config_store_dir: store }
  const withNode = join(checkout, '.tools/with-node.sh')
  const code = await wait([withNode, 'true'], environment)
  if (code !== 0 || !existsSync(store)) throw new Error(`the packages of ${revision} could not be fetched anew`)
  // NOTE: awaited here, or all would be cleaned up before it ends.
  return await wait([withNode, 'node', join(checkout, script), ...words], environment)
}

/** The exit code of a shell script. What would stop us stops the script, and we go on to clean up. */
async function wait(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn('sh', words, { env: { ...process.env, ...environment }, stdio: 'inherit' })
  const stop = (signal: NodeJS.Signals) => child.kill(signal)
  process.on('SIGINT', stop).on('SIGTERM', stop)
  try {
    const [code] = await once(child, 'close')
    return code ?? 1
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}
