// Brings the project's own Node and pnpm, and the packages of the lock file. Runs on the machine's Node (18 or newer);
// does nothing when all is there. Says what it does on stderr only: stdout belongs to the command that follows.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const tools = dirname(fileURLToPath(import.meta.url))
const root = dirname(tools)
const stampFile = join(tools, 'node_modules', '.parley-installed')
const wanted = createHash('sha256')
for (const file of [join(tools, 'package-lock.json'), join(root, 'pnpm-lock.yaml')]) wanted.update(readFileSync(file))
const stamp = wanted.digest('hex')

const installed = existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp
if (!installed || !existsSync(join(root, 'node_modules'))) {
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], tools, "the project's own Node and pnpm")
  run(
    join(tools, 'node_modules', '@pnpm', `exe.linux-${process.arch}`, 'pnpm'),
    ['install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'],
    root,
    'the packages',
  )
  writeFileSync(stampFile, stamp)
}

function run(command, args, cwd, what) {
  process.stderr.write(`parley: installing ${what} …\n`)
  // NOTE: npm hands its own settings down in the environment; an inner npm must not take them for its own.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(?!registry|cafile|.*proxy|.*auth)|package|lifecycle)/i.test(name),
    ),
  )
  const bin = join(tools, 'node_modules', '.bin')
  const result = spawnSync(command, args, {
    cwd,
    env: { ...env, PATH: `${bin}:${process.env.PATH}`, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  if (result.status === 0) return
  process.stderr.write(
    `${result.stdout ?? ''}${result.stderr ?? ''}\nparley: could not install ${what} (${result.error?.message ?? `exit ${result.status}`}).\nIs the npm registry reachable from here? "npm ping" tells.\n`,
  )
  process.exit(1)
}
