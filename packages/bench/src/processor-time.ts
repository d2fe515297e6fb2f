import { readFileSync } from 'node:fs'

/** Shares of one processor's time over a window; 1 is one processor busy all the time. */
export interface ProcessorShares {
  readonly server: number
  readonly load: number
  /** Everything else on the two processors, and what the hypervisor took: figures are too low by as much as this. */
  readonly others: number
}

interface Sample {
  readonly at: number
  readonly server: number
  readonly load: number
  readonly busy: number
}

// NOTE: USER_HZ, which Linux fixes at 100 for programs.
const ticksPerSecond = 100

/** Measures who uses the processors between its making and `read`. */
export class ProcessorMeter {
  readonly #serverPids: readonly number[]
  readonly #cpus: readonly number[]
  readonly #start: Sample

  /** `server` is what is measured: one process, or several together. */
  constructor(server: number | readonly number[], { serverCpu, loadCpu }: { serverCpu: number; loadCpu: number }) {
    this.#serverPids = typeof server === 'number' ? [server] : server
    this.#cpus = [serverCpu, loadCpu]
    this.#start = this.#sample()
  }

  read(): ProcessorShares {
    const end = this.#sample()
    const seconds = (end.at - this.#start.at) / 1000
    const share = (part: 'server' | 'load' | 'busy') => (end[part] - this.#start[part]) / ticksPerSecond / seconds
    const server = share('server')
    const load = share('load')
    return { server, load, others: Math.max(0, share('busy') - server - load) }
  }

  #sample(): Sample {
    return {
      at: performance.now(),
      server: sum(this.#serverPids.map(processTicks)),
      load: processTicks(process.pid),
      busy: sum(this.#cpus.map(busyTicks)),
    }
  }
}

/** Memory of a process in KiB: its own, and pages of files that it maps, such as the store's. */
export function residentMemory(pid: number): { anonymousKiB: number; fileKiB: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+([0-9]+) kB$`, 'm').exec(status)?.[1])
  return { anonymousKiB: field('RssAnon'), fileKiB: field('RssFile') }
}

/** Seconds of a processor that a process has used so far. */
export function processorSeconds(pid: number): number {
  return processTicks(pid) / ticksPerSecond
}

/** User and system time of a process and its threads (proc(5), /proc/PID/stat). */
function processTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}

/** Time of a processor that was not idle, with what the hypervisor stole (proc(5), /proc/stat). */
function busyTicks(cpu: number): number {
  const line = new RegExp(`^cpu${cpu} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? ''
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line.split(' ').map(Number)
  return user + nice + system + irq + softirq + steal
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
