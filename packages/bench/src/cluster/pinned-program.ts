import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { connect } from 'node:net'
import { wait } from '../pacing.ts'

const patience = 100

/** A program of Debian's, on one processor, that listens on a port of loopback. */
export class PinnedProgram implements AsyncDisposable {
  readonly pid: number
  readonly port: number
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.pid = child.pid ?? 0
    this.port = port
  }

  /** Resolves once it listens; what it says goes to `logFile`. */
  static async start(
    { cpu, port, logFile }: { cpu: number; port: number; logFile: string },
    command: readonly string[],
  ): Promise<PinnedProgram> {
    const log = openSync(logFile, 'a')
    const child = spawn('taskset', ['-c', String(cpu), ...command], { stdio: ['ignore', log, log] })
    const kill = () => child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    for (let tries = 0; tries < patience && child.exitCode === null; tries++) {
      if (await listens(port)) return new PinnedProgram(child, port)
      await wait(0.05)
    }
    child.kill('SIGKILL')
    throw new Error(`${command[0]} does not listen; see ${logFile}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
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
