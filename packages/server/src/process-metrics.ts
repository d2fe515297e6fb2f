import { readFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { collectDefaultMetrics, Gauge, type Registry } from 'prom-client'
import type { CertificateDate } from './certificate-dates.ts'

/** What a process is for. */
export type ProcessRole = 'serve' | 'router' | 'home' | 'sync'

/** The version of Parley. */
export function parleyVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

/** What every process tells of itself: what it is, its memory and its bounds, event loop, files and certificates. */
export function registerProcessMetrics(
  registry: Registry,
  role: ProcessRole,
  certificates: () => readonly CertificateDate[],
): void {
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const info = { role, version: parleyVersion(), node: process.versions.node }
  const help = 'Always 1: the role of the process, the version of Parley, and that of Node.'
  new Gauge({ name: 'parley_build_info', help, labelNames: Object.keys(info), registers }).set(info, 1)
  new Gauge({
    name: 'parley_heap_limit_bytes',
    help: 'How large the heap of JavaScript may grow.',
    registers,
  }).set(getHeapStatistics().heap_size_limit)
  new Gauge({
    name: 'parley_memory_limit_bytes',
    help: 'How much memory the process may use: that of its container, or of the machine.',
    registers,
  }).set(memoryLimit())
  new Gauge({
    name: 'parley_certificate_expiry_timestamp_seconds',
    help: 'Until when the certificate is valid that the process has read, by the setting that names it.',
    labelNames: ['setting'],
    registers,
    collect() {
      for (const { setting, expiresAt } of certificates()) this.set({ setting }, expiresAt / 1000)
    },
  })
}

/** NOTE: where there is no limit the system says 0, or more than there is. */
function memoryLimit(): number {
  return Math.min(process.constrainedMemory() || totalmem(), totalmem())
}
