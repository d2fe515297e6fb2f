import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

const patienceMs = 60_000
const betweenQuestionsMs = 200

/** A Docker engine that answers; disposing of it ends what was started for it. */
export interface DockerEngine extends AsyncDisposable {
  /** What programs need in their environment to find it. */
  readonly environment: Readonly<Record<string, string>>
}

/** Whether a Docker engine answers those who look for one in `environment`. */
export function dockerAnswers(environment: Readonly<Record<string, string>> = {}): boolean {
  return spawnSync('docker', ['version'], { env: { ...process.env, ...environment } }).status === 0
}

/** The machine's engine, if it answers; else one that we start, with all that it keeps in a temporary folder. */
export async function openDockerEngine(): Promise<DockerEngine> {
  if (dockerAnswers()) return { environment: {}, [Symbol.asyncDispose]: async () => undefined }
  const folder = mkdtempSync(join(tmpdir(), 'parley-docker-'))
  const log = join(folder, 'log')
  const environment = {
    DOCKER_HOST: `unix://${join(folder, 'docker.sock')}`,
    // NOTE: in a container, Testcontainers would otherwise take every engine for one outside of it. This one is not.
    TESTCONTAINERS_HOST_OVERRIDE: 'localhost',
  }
  const child = startDaemon(folder, log, environment.DOCKER_HOST)
  const engine: DockerEngine = {
    environment,
    [Symbol.asyncDispose]: async () => {
      await end(child)
      rmSync(folder, { recursive: true })
    },
  }
  const deadline = AbortSignal.timeout(patienceMs)
  while (!dockerAnswers(environment)) {
    if (child.exitCode !== null || deadline.aborted) {
      const complaint = readFileSync(log, 'utf8').split('\n').slice(-20).join('\n')
      await engine[Symbol.asyncDispose]()
      throw new Error(`dockerd does not answer:\n${complaint}`)
    }
    await setTimeout(betweenQuestionsMs)
  }
  return engine
}

function startDaemon(folder: string, log: string, host: string): ChildProcess {
  const own = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '--pidfile',
    join(folder, 'pid'),
  ]
  const output = openSync(log, 'w')
  // NOTE: setpriv asks the kernel to end it with us, if we are killed; it then ends its containers and its containerd. What
  // it mounts, it mounts for itself only, so that nothing of that is left when it is gone.
  const words = ['--pdeathsig', 'TERM', 'unshare', '--mount', 'dockerd', '--host', host, ...own]
  const child = spawn('setpriv', words, { stdio: ['ignore', output, output] })
  closeSync(output)
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}
