import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Runner, ServerSetup } from './runner.ts'

const keptLines = 40

/** Runs a server from the program on this machine, in a temporary folder. */
export class ProgramRunner implements Runner {
  readonly from = 'program'
  readonly #setup: ServerSetup
  readonly #folder: string
  #child: ChildProcess | undefined
  #log: string[] = []

  private constructor(setup: ServerSetup, folder: string) {
    this.#setup = setup
    this.#folder = folder
  }

  static async create(setup: ServerSetup): Promise<ProgramRunner> {
    const folder = await mkdtemp(join(tmpdir(), `parley-test-${setup.product}-`))
    for (const [name, content] of Object.entries(setup.files))
      await writeFile(join(folder, name), content, { mode: 0o600 })
    return new ProgramRunner(setup, folder)
  }

  async start(): Promise<void> {
    const [command, ...args] = bound([this.#setup.program, ...this.#setup.programArguments])
    const child = spawn(command, args, { cwd: this.#folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const log: string[] = []
    const keep = (line: string) => {
      log.push(line)
      if (log.length > keptLines) log.shift()
    }
    createInterface({ input: child.stdout }).on('line', keep)
    createInterface({ input: child.stderr }).on('line', keep)
    this.#child = child
    this.#log = log
    await once(child, 'spawn')
  }

  async obituary(): Promise<string | undefined> {
    return this.#running() ? undefined : this.#log.join('\n')
  }

  async kill(): Promise<void> {
    const child = this.#running()
    if (child === undefined) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }

  async pause(): Promise<void> {
    this.#running()?.kill('SIGSTOP')
  }

  async resume(): Promise<void> {
    this.#running()?.kill('SIGCONT')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    await rm(this.#folder, { recursive: true })
  }

  #running(): ChildProcess | undefined {
    const child = this.#child
    return child !== undefined && child.exitCode === null && child.signalCode === null ? child : undefined
  }
}

/**
 * The command that runs `words` for as long as we live.
 *
 * NOTE: setpriv asks the kernel to kill the program with the thread that started it, then becomes the program. So it also
 * ends when the test process is killed or crashes, which nothing in this process could see to; and signals go to the
 * program itself, where a watching shell in between would be what SIGKILL and SIGSTOP hit.
 */
function bound(words: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', ...words] : words
}
