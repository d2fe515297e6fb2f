import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { connect } from 'node:net'
import { wait } from '../pacing.ts'

const patience = 100

/** A program on one processor, such as those of Debian that listen on a port of loopback. */
export class PinnedProgram implements AsyncDisposable {
  readonly pid: number
  /** Where it listens; 0 for a program that does not. */
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.pid = child.pid ?? 0
    this.port = port
  }

  /** Starts it; what it says goes to `logFile`. */
  static launch(
    { cpu, logFile, port = 0 }: { cpu: number; logFile: string; port?: number },
    command: readonly string[],
  ): PinnedProgram {
    const log = openSync(logFile, 'a')
    const child = spawn('taskset', ['-c', String(cpu), ...command], { stdio: ['ignore', log, log] })
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    return new PinnedProgram(child, port)
  }

  /** Starts it, and resolves once it listens on `port`. */
  static async start(
    { cpu, port, logFile }: { cpu: number; port: number; logFile: string },
    command: readonly string[],
  ): Promise<PinnedProgram> {
    const program = PinnedProgram.launch({ cpu, logFile, port }, command)
    for (let tries = 0; tries < patience && program.#child.exitCode === null; tries++) {
      if (await listens(port)) return program
      await wait(0.05)
    }
    await program[Symbol.asyncDispose]()
    throw new Error(`${command[0]} does not listen; see ${logFile}`)
  }

  /** Asks it to stop, and resolves once it has. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill(signal)
    await exited
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
