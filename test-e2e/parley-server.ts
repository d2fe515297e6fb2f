import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { createWorkFolder } from './work-folder.ts'

const repositoryRoot = join(import.meta.dirname, '..')
const command = 'packages/server/src/main.ts'
const keptLines = 400

/** A user to make before the server starts. */
export interface UserAccount {
  readonly name: string
  readonly password: string
  /** NT domain, for clients that name themselves `DOMAIN\user`. */
  readonly ntDomain?: string
}

export interface ParleyServerOptions {
  readonly domain?: string
  readonly users: readonly UserAccount[]
  /** Further options of `parley serve`, e.g. `--insecure-ntlmv1`. */
  readonly flags?: readonly string[]
}

/** `parley serve` as an administrator runs it: a process of its own, with its own data, which can be killed and restarted. */
export class ParleyServer implements AsyncDisposable {
  readonly domain: string
  /** Stays the same over a restart. */
  readonly port: number
  readonly #folder: string
  readonly #serveArguments: readonly string[]
  #child: ChildProcess
  #log: string[]

  private constructor(domain: string, folder: string, serveArguments: readonly string[], running: Running) {
    this.domain = domain
    this.port = running.port
    this.#folder = folder
    this.#serveArguments = serveArguments
    this.#child = running.child
    this.#log = running.log
  }

  static async start({ domain = 'im.example.com', users, flags = [] }: ParleyServerOptions): Promise<ParleyServer> {
    const folder = await createWorkFolder('server')
    const usersFile = join(folder, 'users.yaml')
    for (const user of users) await addUser(usersFile, user)
    const files = ['--data', join(folder, 'data'), '--users', usersFile]
    const serveArguments = ['--domain', domain, ...files, '--insecure-loopback-callbacks', ...flags]
    return new ParleyServer(domain, folder, serveArguments, await serve(serveArguments, 0))
  }

  /** Ends the process with no chance to say good-bye, as a power cut does. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Stops the process as an administrator does. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** Starts the server again on the same port and data. */
  async restart(): Promise<void> {
    const running = await serve(this.#serveArguments, this.port)
    this.#child = running.child
    this.#log = running.log
  }

  /** The end of the server's log, for the report of a failed test. */
  logTail(lines = 40): string {
    return this.#log.slice(-lines).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGKILL')
    await rm(this.#folder, { recursive: true })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    await exited
  }
}

interface Running {
  readonly child: ChildProcess
  readonly port: number
  readonly log: string[]
}

/** Makes an account with `parley user add`. */
async function addUser(usersFile: string, { name, password, ntDomain }: UserAccount): Promise<void> {
  const domainOption = ntDomain === undefined ? [] : ['--nt-domain', ntDomain]
  const options = ['--users', usersFile, '--password-stdin', '--enable', ...domainOption]
  const child = spawn(process.execPath, [command, 'user', 'add', name, ...options], {
    cwd: repositoryRoot,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  child.stdin.end(`${password}\n`)
  const [complaint, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')])
  if (code !== 0) throw new Error(`parley user add ended with ${code}: ${complaint}`)
}

/** Runs `parley serve` until it says that it is ready. Port 0 lets the system choose one. */
async function serve(serveArguments: readonly string[], port: number): Promise<Running> {
  const child = spawn(process.execPath, [command, 'serve', '--listen', `127.0.0.1:${port}`, ...serveArguments], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: string[] = []
  const { promise: ready, resolve, reject } = Promise.withResolvers<number>()
  const keep = (line: string) => {
    log.push(line)
    if (log.length > keptLines) log.shift()
  }
  createInterface({ input: child.stderr }).on('line', keep)
  createInterface({ input: child.stdout }).on('line', (line) => {
    keep(line)
    const address = /^ready (https?:\/\/\S+)/.exec(line)?.[1]
    if (address !== undefined) resolve(Number(new URL(address).port || 80))
  })
  // NOTE: `close` comes after the last line of output, `exit` may come before.
  child.once('close', (code) => reject(new Error(`parley serve ended with ${code}:\n${log.slice(-40).join('\n')}`)))
  return { child, port: await ready, log }
}
