import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, release, totalmem, uptime } from 'node:os'
import { parleyVersion } from '../process-metrics.ts'

/** Versions, and the bounds of the machine or container that this runs in. */
export function systemFacts(): object {
  const { node, v8, openssl, zlib, uv } = process.versions
  return {
    parley: parleyVersion(),
    versions: { node, v8, openssl, zlib, uv },
    os: { name: osName(), kernel: release(), platform: process.platform, architecture: process.arch },
    machine: { cores: availableParallelism(), memoryBytes: totalmem(), upSeconds: Math.floor(uptime()) },
    container: {
      isContainer: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
      isKubernetes: process.env.KUBERNETES_SERVICE_HOST !== undefined,
      memoryMax: read('/sys/fs/cgroup/memory.max'),
      memoryNow: read('/sys/fs/cgroup/memory.current'),
      cpuMax: read('/sys/fs/cgroup/cpu.max'),
      cpuThrottling: read('/sys/fs/cgroup/cpu.stat'),
      pidsMax: read('/sys/fs/cgroup/pids.max'),
    },
    limits: read('/proc/self/limits')?.split('\n'),
    user: process.getuid?.(),
    nodeFlags: process.execArgv.filter((flag) => /^--[\w-]+(?:=\d+)?$/.test(flag)),
  }
}

function osName(): string | undefined {
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(read('/etc/os-release') ?? '')?.[1]
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}
