import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rm, watch, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { deadlineMs } from '../event-queue.ts'
import { createWorkFolder } from '../work-folder.ts'
import { buildShim } from './shim.ts'

const keptLines = 400

/**
 * One BitlBee: an IRC server on loopback that runs libpurple, and librvp in it, without a screen (client-facts §6). Its
 * librvp reaches the RVP server at `serverPort`, whatever port it believes to use.
 */
export class Bitlbee implements AsyncDisposable {
  readonly port: number
  readonly #folder: string
  readonly #child: ChildProcessByStdio<null, Readable, Readable>
  readonly #exited: Promise<unknown>
  readonly #trace: string[] = []
  readonly #killGroup: () => void

  private constructor(port: number, folder: string, serverPort: number, shim: string, onTrace: (line: string) => void) {
    this.port = port
    this.#folder = folder
    const network = ['-F', '-n', '-v', '-i', '127.0.0.1', '-p', String(port)]
    const files = ['-c', join(folder, 'bitlbee.conf'), '-d', join(folder, 'accounts/'), '-P', join(folder, 'pid')]
    this.#child = spawn('/usr/sbin/bitlbee', [...network, ...files], {
      // NOTE: -F forks a process for each connection; a group of its own lets us end all of them and nobody else.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: folder,
        BITLBEE_DEBUG: '1',
        LD_PRELOAD: shim,
        RVP_SHIM_PORT: String(serverPort),
        RVP_SHIM_NOSRV: '1',
      },
    })
    this.#exited = once(this.#child, 'exit')
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: output }).on('line', (line) => {
        this.#trace.push(line)
        if (this.#trace.length > keptLines) this.#trace.shift()
        onTrace(line)
      })
    }
    this.#killGroup = () => killGroup(this.#child.pid)
    process.once('exit', this.#killGroup)
  }

  /** `onTrace` hears every line of librvp's own trace as it is written. */
  static async start(serverPort: number, onTrace: (line: string) => void): Promise<Bitlbee> {
    const [shim, folder, port] = await Promise.all([buildShim(), createWorkFolder('bitlbee'), freePort()])
    await mkdir(join(folder, 'accounts'))
    await writeFile(join(folder, 'bitlbee.conf'), configurationText(folder, port))
    const listening = fileAppears(folder, 'pid')
    const bitlbee = new Bitlbee(port, folder, serverPort, shim, onTrace)
    const exited = bitlbee.#exited.then(() => {
      throw new Error(`BitlBee did not start:\n${bitlbee.traceTail()}`)
    })
    await Promise.race([listening, exited])
    exited.catch(() => undefined) // its end is expected from now on
    return bitlbee
  }

  /** The end of librvp's trace, for the report of a failed test. */
  traceTail(lines = 60): string {
    return this.#trace.slice(-lines).join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#killGroup)
    this.#killGroup()
    await this.#exited
    await rm(this.#folder, { recursive: true })
  }
}

function configurationText(folder: string, port: number): string {
  const settings = ['User = root', 'RunMode = ForkDaemon', 'DaemonInterface = 127.0.0.1', `DaemonPort = ${port}`]
  return ['[settings]', ...settings, 'AuthMode = Open', `ConfigDir = ${folder}/accounts/`, '[defaults]', ''].join('\n')
}

/** BitlBee cannot choose a port for itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

/** BitlBee writes its pid file once it listens. */
async function fileAppears(folder: string, name: string): Promise<void> {
  for await (const event of watch(folder, { signal: AbortSignal.timeout(deadlineMs) })) {
    if (event.filename === name) return
  }
}

function killGroup(groupId: number | undefined): void {
  if (groupId === undefined) return
  try {
    process.kill(-groupId, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
