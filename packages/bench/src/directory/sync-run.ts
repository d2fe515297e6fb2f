import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { parley } from '../cluster/cluster.ts'
import { wait } from '../pacing.ts'
import type { Settings } from '../settings.ts'

const betweenLooksSeconds = 0.02

/** What one run of `parley sync --once` took, Node's start included. */
export interface SyncRun {
  readonly seconds: number
  /** The most memory that it had at any time, in MB. */
  readonly peakMB: number
  /** What it printed. */
  readonly said: string
}

/** Runs `parley sync --once` on the server's processor; rejects when it fails. */
export async function runSync(
  { serverCpu, nodeOptions }: Settings,
  configFile: string,
  logFile: string,
): Promise<SyncRun> {
  const log = openSync(logFile, 'a')
  const start = performance.now()
  const command = [process.execPath, ...nodeOptions, parley, 'sync', '--config', configFile, '--once']
  const child = spawn('taskset', ['-c', String(serverCpu), ...command], { stdio: ['ignore', 'pipe', log] })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const closed = once(child, 'close')
  let said = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  let peakKiB = 0
  while (child.exitCode === null && child.signalCode === null) {
    peakKiB = Math.max(peakKiB, peakMemory(child.pid ?? 0))
    await Promise.race([closed, wait(betweenLooksSeconds)])
  }
  await closed
  process.off('exit', kill)
  const seconds = (performance.now() - start) / 1000
  if (child.exitCode !== 0)
    throw new Error(`parley sync ended with ${child.exitCode ?? child.signalCode}; see ${logFile}`)
  return { seconds, peakMB: (peakKiB * 1024) / 1e6, said }
}

/** VmHWM in KiB: the peak so far (proc(5), /proc/PID/status); 0 once the process is gone. */
function peakMemory(pid: number): number {
  try {
    return Number(/^VmHWM:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
