import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const repositoryRoot = join(import.meta.dirname, '../..')
const command = 'packages/server/src/main.ts'
// NOTE: six of them and their clients share two cores and the memory of a small machine.
const nodeOptions = ['--max-old-space-size=256', '--max-semi-space-size=8']
const keptLines = 400
const longestLine = 300

/** One run of a process: what ends with it. */
interface Run {
  readonly child: ChildProcess
  readonly closed: Promise<unknown>
}

/** A router or a home of a cluster, as `parley` runs it: it can be killed, held, stopped and started again on the same ports. */
export class ParleyProcess implements AsyncDisposable {
  /** For people: `router 1`, `home hq-2`. */
  readonly name: string
  /** Where clients connect; the cluster endpoint of a home. */
  readonly url: string
  /** Where it answers /readyz and /metrics. */
  readonly adminUrl: string
  readonly #words: readonly string[]
  readonly #log: string[] = []
  #run: Run | undefined

  /** `words`: the command with its options, which must say the ports of `url` and `adminUrl`. Nothing runs yet. */
  constructor(name: string, { url, adminUrl, words }: { url: string; adminUrl: string; words: readonly string[] }) {
    this.name = name
    this.url = url
    this.adminUrl = adminUrl
    this.#words = words
  }

  get isRunning(): boolean {
    return this.#run !== undefined
  }

  /** Starts it, and resolves once it says that it is ready. `given`: further options of Node, e.g. a module to load first. */
  async start(given: readonly string[] = []): Promise<void> {
    const ready = this.launch(given)
    await ready
  }

  /** The same in two steps: it runs when this returns, and the promise resolves once it is ready. */
  launch(given: readonly string[] = []): Promise<void> {
    if (this.#run) throw new Error(`${this.name} runs already`)
    const [program, ...args] = bound([process.execPath, ...nodeOptions, ...given, command, ...this.#words])
    const child = spawn(program, args, { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'pipe'] })
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
    const run: Run = {
      child,
      // NOTE: `close` comes after the last line of output, `exit` may come before.
      closed: once(child, 'close').then(([code, signal]) => {
        if (this.#run === run) this.#run = undefined
        this.#keep(`-- ended with ${code ?? signal}`)
        reject(new Error(`${this.name} ended before it was ready:\n${this.logTail()}`))
      }),
    }
    this.#run = run
    createInterface({ input: child.stderr }).on('line', (line) => this.#keep(line))
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.startsWith('ready')) resolve()
    })
    return ready
  }

  /** Ends it with no chance to say good-bye, as a power cut does; also while it is paused. Idempotent. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Stops it as an administrator does: it hands over what it holds. Idempotent. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  /** Stops it, and starts it again on the same ports. */
  async restart(given: readonly string[] = []): Promise<void> {
    await this.stop()
    await this.start(given)
  }

  /** Lets it do nothing while its connections stay open, as a machine that hangs. */
  pause(): void {
    this.#run?.child.kill('SIGSTOP')
  }

  resume(): void {
    this.#run?.child.kill('SIGCONT')
  }

  /** All that is kept of its log, over all its runs. */
  get log(): readonly string[] {
    return this.#log
  }

  /** The end of its log, for the report of a failed test. */
  logTail(lines = 15): string {
    return [`== ${this.name}`, ...this.#log.slice(-lines).map((line) => line.slice(0, longestLine))].join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const run = this.#run
    run?.child.kill(signal)
    await run?.closed
  }

  #keep(line: string): void {
    this.#log.push(line)
    if (this.#log.length > keptLines) this.#log.shift()
  }
}

/** NOTE: it shall end with the process that runs the tests, however that ends (packages/testkit, program-runner.ts). */
function bound(words: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', ...words] : words
}
