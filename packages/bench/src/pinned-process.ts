import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/** A Node program on one processor, with all its threads. */
export class PinnedProcess implements AsyncDisposable {
  readonly pid: number
  /** From its line `ready http://…:PORT`. */
  readonly port: number
  readonly #child: ChildProcess
  #isStopping = false

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.pid = child.pid ?? 0
    this.port = port
  }

  /** Resolves once it says that it is ready; its errors and log go to `logFile`. */
  static async start(
    { serverCpu, nodeOptions }: { serverCpu: number; nodeOptions: readonly string[] },
    args: readonly string[],
    logFile: string,
  ): Promise<PinnedProcess> {
    const log = openSync(logFile, 'a')
    const command = ['-c', String(serverCpu), process.execPath, '--max-semi-space-size=64', ...nodeOptions, ...args]
    const child = spawn('taskset', command, { stdio: ['ignore', 'pipe', log] })
    // NOTE: when the load dies of an error, what it measured must not stay.
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    if (!child.stdout) throw new TypeError('the child has no stdout')
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^ready http:\/\/.*:([0-9]+)$/.exec(line)?.[1]
      if (port === undefined) continue
      const pinned = new PinnedProcess(child, Number(port))
      pinned.#tellOfDeath(logFile)
      return pinned
    }
    throw new Error(`${args[0]} ended before it was ready; see ${logFile}`)
  }

  /** Asks a process that was started with `collect-on-signal.ts` to collect its garbage. */
  collectGarbage(): void {
    this.#child.kill('SIGUSR2')
  }

  #tellOfDeath(logFile: string): void {
    this.#child.once('exit', (code, signal) => {
      if (this.#isStopping) return
      process.stderr.write(`what is measured has ended (${code ?? signal}); its log ends with:\n`)
      process.stderr.write(readFileSync(logFile, 'utf8').slice(-2000))
    })
  }

  /** Ends it with no chance to say good-bye. */
  async kill(): Promise<void> {
    this.#isStopping = true
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopping = true
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 15_000)
    await exited
    clearTimeout(force)
  }
}
