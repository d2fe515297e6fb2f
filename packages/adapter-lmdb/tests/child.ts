import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A child that commits until it is killed; `lines` is all it has printed. */
export class CommittingChild implements AsyncDisposable {
  readonly lines: string[] = []
  readonly process: ChildProcess
  readonly #waiting = new Set<() => void>()
  readonly #closed: Promise<unknown>

  constructor(directory: string, firstRound: number) {
    const script = new URL('./committing-child.ts', import.meta.url).pathname
    const args = [script, directory, `${firstRound}`]
    this.process = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#closed = once(this.process, 'close')
    if (!this.process.stdout) throw new Error('the child has no output')
    createInterface({ input: this.process.stdout }).on('line', (line) => {
      this.lines.push(line)
      for (const wake of this.#waiting) wake()
    })
    this.process.once('close', () => {
      for (const wake of this.#waiting) wake()
    })
  }

  /** Waits until `holds`; throws when the child ends before. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.process.exitCode !== null) throw new Error(`the child ended with ${this.process.exitCode}`)
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.add(resolve)
      await promise
      this.#waiting.delete(resolve)
    }
  }

  /** Kills it and waits for the last of its output. */
  async kill(): Promise<void> {
    this.process.kill('SIGKILL')
    await this.#closed
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }
}
