import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { EventQueue } from './event-queue.ts'

const repositoryRoot = join(import.meta.dirname, '..')

/** What a command leaves behind. */
export interface Finished {
  readonly code: number | null
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
}

/** A command that runs in the root of the repository, as somebody types it there, or a script calls it. */
export class RunningCommand implements AsyncDisposable {
  /** How it ended, once both its outputs are closed. */
  readonly finished: Promise<Finished>
  readonly #child: ChildProcess
  readonly #lines = new EventQueue<string>()
  readonly #complaints = new EventQueue<string>()

  constructor(words: readonly string[], { input }: { readonly input?: string } = {}) {
    const [command = '', ...args] = words
    // A process group of its own, so that nothing of it can be left over when npm has gone first.
    const child = spawn(command, args, { cwd: repositoryRoot, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    this.#child = child
    const [stdout, stderr]: [string[], string[]] = [[], []]
    createInterface({ input: child.stdout }).on('line', (line) => {
      stdout.push(line)
      this.#lines.push(line)
    })
    createInterface({ input: child.stderr }).on('line', (line) => {
      stderr.push(line)
      this.#complaints.push(line)
    })
    child.stdin.on('error', () => undefined) // it may end without reading what it is told
    if (input !== undefined) child.stdin.end(input)
    this.finished = new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        const end = new Error(`${words.join(' ')} ended with ${code}:\n${stderr.slice(-20).join('\n')}`)
        this.#lines.fail(end)
        this.#complaints.fail(end)
        resolve({ code, stdout, stderr })
      })
    })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** Waits for a line on standard output, and takes it. */
  async line(pattern: RegExp): Promise<string> {
    return await this.#lines.next(`line ${pattern}`, (line) => pattern.test(line))
  }

  /** Waits for a line on standard error, and takes it. */
  async complaint(pattern: RegExp): Promise<string> {
    return await this.#complaints.next(`complaint ${pattern}`, (line) => pattern.test(line))
  }

  /** Types a line. */
  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  /** Ends its input, as Ctrl-D does. */
  endInput(): void {
    this.#child.stdin?.end()
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.pid !== undefined) killGroup(this.#child.pid)
    await this.finished
  }
}

/** Runs `parley` to its end. */
export async function parley(words: readonly string[], input = ''): Promise<Finished> {
  await using command = new RunningCommand([process.execPath, 'packages/server/src/main.ts', ...words], { input })
  return await command.finished
}

/** The processes that a process has started, and that these have started; the nearest first. */
export function descendants(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
    return children.flatMap((child) => [Number(child), ...descendants(Number(child))])
  } catch {
    return [] // it has ended meanwhile
  }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // All of it has ended.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
