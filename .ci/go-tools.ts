import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'

/** A program that `go install` makes from a module. */
export interface GoTool {
  /** The package of the program. */
  readonly package: string
  readonly version: string
  readonly purpose: string
}

/** Programs that the tests of the chart need. */
export const goTools: ReadonlyMap<string, GoTool> = new Map([
  ['helm', { package: 'helm.sh/helm/v4/cmd/helm', version: 'v4.3.1', purpose: 'renders and checks the chart' }],
  [
    'kubeconform',
    {
      package: 'github.com/yannh/kubeconform/cmd/kubeconform',
      version: 'v0.8.0',
      purpose: 'compares what the chart makes with the schemas of Kubernetes',
    },
  ],
])

const leastGo = '1.26'

/** Where things that take long to make are kept between runs, outside the repository. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const { XDG_CACHE_HOME } = environment
  return join(XDG_CACHE_HOME ? XDG_CACHE_HOME : join(homedir(), '.cache'), 'parley')
}

/** The program's file: on PATH (any version), in GOBIN, or where `ensureGoTools` put it; undefined if there is none. */
export function findGoTool(name: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const folders = [...(environment.PATH ?? '').split(delimiter), installFolder(name, environment)]
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isProgram)
}

/** What `findGoTool` finds. Throws, telling what to do, if that is nothing. */
export function requireGoTool(name: string): string {
  const file = findGoTool(name)
  if (file === undefined) throw new Error(`${name} is missing: "node .ci/chart-tools.ts" installs it`)
  return file
}

/** Makes sure of all programs of `goTools`, says what it does, and tells whether all are there. */
export function ensureGoTools(): boolean {
  const missing = [...goTools].filter(([name]) => findGoTool(name) === undefined)
  if (missing.length === 0) return true
  if (!goAnswers()) {
    console.log('The tests of the chart need these programs, which are missing:')
    for (const [name, { purpose }] of missing) console.log(`  ${name.padEnd(20)} ${purpose}`)
    console.log(`Put them on PATH, or Go ${leastGo} or newer, with which they get built.`)
    return false
  }
  return missing.map(([name, tool]) => install(name, tool)).every(Boolean)
}

/** Whether a `go` is on PATH. */
export function goAnswers(): boolean {
  return spawnSync('go', ['version']).status === 0
}

/** The folder of a module's files, which get downloaded unless Go has them. Throws what `go` complains of. */
export function moduleFolder(module: string, version: string): string {
  const { status, stdout, stderr, error } = spawnSync('go', ['mod', 'download', '-json', `${module}@${version}`], {
    encoding: 'utf8',
    // NOTE: a module in the current folder must not have a say.
    cwd: homedir(),
  })
  if (status !== 0) throw new Error(`cannot get ${module}@${version}: ${error?.message ?? `${stdout}${stderr}`.trim()}`)
  return (JSON.parse(stdout) as { Dir: string }).Dir
}

function install(name: string, { package: path, version }: GoTool): boolean {
  const GOBIN = installFolder(name)
  const start = performance.now()
  console.log(`building ${name} ${version} with Go, which takes minutes the first time …`)
  mkdirSync(GOBIN, { recursive: true })
  const { status, stderr } = spawnSync('go', ['install', '-ldflags=-s -w', `${path}@${version}`], {
    // Without cgo no C compiler is needed.
    env: { ...process.env, GOBIN, CGO_ENABLED: '0' },
    cwd: homedir(),
    encoding: 'utf8',
  })
  const seconds = ((performance.now() - start) / 1000).toFixed(0)
  console.log(status === 0 ? `built ${name} in ${seconds} s` : `cannot build ${name} after ${seconds} s:\n${stderr}`)
  return status === 0
}

function installFolder(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  // A version of its own for each folder: a newer one in this list does not find the older.
  return environment.GOBIN || join(cacheFolder(environment), 'go-tools', `${name}@${goTools.get(name)?.version}`)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
