import { cpus, loadavg, release, totalmem } from 'node:os'

/** What a figure was measured on, and whether others used it at the start, in one paragraph. */
export function machine(): string {
  const processors = cpus()
  const gib = Math.round(totalmem() / 2 ** 30)
  const today = new Date().toISOString().slice(0, 10)
  return (
    `${today}; ${processors.length} × ${processors[0]?.model.trim()}, ${gib} GiB, Linux ${release()}, Node ${process.version}; ` +
    `load average at the start ${loadavg()[0]?.toFixed(2)}.`
  )
}
