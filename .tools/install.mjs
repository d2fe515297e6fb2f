// Brings the project's own Node and pnpm, and the packages of the lock file. Runs on the machine's Node (18 or newer);
// does nothing, and writes nothing, when all is there. Speaks on stderr only: stdout belongs to the command that follows.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const tools = dirname(fileURLToPath(import.meta.url))
const root = dirname(tools)
const leastNode = 26
const { glibcVersionRuntime } = process.platform === 'linux' ? process.report.getReport().header : {}
const ownTools = glibcVersionRuntime !== undefined && ['x64', 'arm64'].includes(process.arch)

/** What is installed, by the lock file that says it; the stamp holds the digest of the lock file it was made from. */
const parts = [
  {
    lockFile: join(tools, 'package-lock.json'),
    stamp: join(tools, 'node_modules', '.parley-installed'),
    what: "the project's own Node and pnpm",
    command: () => ['npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    cwd: tools,
  },
  {
    lockFile: join(root, 'pnpm-lock.yaml'),
    stamp: join(root, 'node_modules', '.parley-installed'),
    what: 'the packages',
    command: () => [...pnpm(), 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'],
    cwd: root,
  },
].filter(({ cwd }) => ownTools || cwd === root)

if (!ownTools && Number.parseInt(process.versions.node, 10) < leastNode) {
  fail(
    `Parley brings its own Node for Linux with glibc on x64 and arm64; this is ${process.platform} on ${process.arch} ` +
      `with Node ${process.versions.node}.\nInstall Node ${leastNode} or newer, so that "node --version" says so, and start again.`,
  )
}

if (!parts.every(isInstalled)) {
  const unlock = await lock()
  // NOTE: another start may have done it while this one waited.
  for (const part of parts) if (!isInstalled(part)) install(part)
  unlock()
}

function isInstalled({ lockFile, stamp }) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === digest(lockFile)
}

function install({ lockFile, stamp, what, command, cwd }) {
  process.stderr.write(`parley: installing ${what} …\n`)
  // NOTE: npm hands its own settings down in the environment; an inner npm must not take them for its own.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(?!registry|cafile|.*proxy|.*auth)|package|lifecycle)/i.test(name),
    ),
  )
  const [file, ...args] = command()
  const result = spawnSync(file, args, {
    cwd,
    env: { ...env, PATH: `${join(tools, 'node_modules', '.bin')}:${process.env.PATH}`, CI: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  if (result.status !== 0) {
    const reason = result.error?.message ?? `exit ${result.status}`
    process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}\n`)
    fail(`could not install ${what} (${reason}).\nIs the npm registry reachable from here? "npm ping" tells.`)
  }
  writeFileSync(stamp, digest(lockFile))
}

function pnpm() {
  const { optionalDependencies } = JSON.parse(readFileSync(join(tools, 'package.json'), 'utf8'))
  const exe = `@pnpm/exe.linux-${process.arch}`
  return ownTools ? [join(tools, 'node_modules', exe, 'pnpm')] : ['npx', '--yes', `pnpm@${optionalDependencies[exe]}`]
}

/**
 * Lets one start install at a time; resolves with what lets the next one go. The lock is a listening socket in Linux's abstract
 * namespace, which the kernel frees however its holder ends; other systems have none, and no lock.
 */
function lock() {
  if (process.platform !== 'linux') return () => {}
  const { dev, ino } = statSync(tools)
  let told = false
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    const listen = () => server.listen(`\0parley-install-${dev}-${ino}`)
    server.on('listening', () => resolve(() => server.close()))
    server.on('error', (error) => {
      if (error.code !== 'EADDRINUSE') return reject(error)
      if (!told) process.stderr.write('parley: waiting for another start to finish installing …\n')
      told = true
      setTimeout(listen, 200)
    })
    listen()
  })
}

function digest(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

function fail(message) {
  process.stderr.write(`parley: ${message}\n`)
  process.exit(1)
}
