import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { reasonOf } from '../doctor/finding.ts'
import type { ArchiveFile } from './archive.ts'
import { redactLogLine } from './log-line.ts'
import type { BundlePart } from './part.ts'
import type { Redaction } from './redaction.ts'

const answerMs = 5_000
const mostMetricsCharacters = 8_000_000
const mostLogBytes = 16 * 1024 * 1024

/** What a process shows at its `admin` address. `number` tells the files of several apart. */
export function metricsPart(url: string, number: number): BundlePart {
  return {
    what: `metrics of the process at ${withoutUser(url)}`,
    collect: async () => {
      const base = new URL(url)
      const ask = async (path: string): Promise<string> => {
        const response = await fetch(new URL(path, base.origin), {
          signal: AbortSignal.timeout(answerMs),
          redirect: 'error',
        })
        const text = await response.text()
        return path === '/metrics' ? text : `${response.status}`
      }
      const health = async (path: string) => `# ${path} ${await ask(path).catch(reasonOf)}`
      const metrics = (await ask('/metrics')).slice(0, mostMetricsCharacters)
      const lines = [await health('/healthz'), await health('/readyz'), ...metrics.split('\n').filter(isMetric)]
      return [{ name: `metrics/${number}-${safe(base.host)}.txt`, content: `${lines.join('\n')}\n` }]
    },
  }
}

/** The end of a log file. `number` tells the files of several apart. */
export function logPart(file: string, number: number, redaction: Redaction): BundlePart {
  return {
    what: `log ${file}`,
    collect: async () => [logFile(`${number}-${safe(basename(file))}`, await endOf(file), redaction)],
  }
}

/** The end of what comes from standard input. */
export function logInputPart(redaction: Redaction): BundlePart {
  return {
    what: 'log from standard input',
    collect: async () => [logFile('input.log', await endOfInput(), redaction)],
  }
}

function logFile(name: string, text: string, redaction: Redaction): ArchiveFile {
  const lines = redaction.secrets(text).split('\n')
  return { name: `logs/${name}`, content: lines.map((line) => redactLogLine(line, redaction)).join('\n') }
}

/** NOTE: an address may be anybody's; nothing but metrics goes into the bundle. */
function isMetric(line: string): boolean {
  return /^(?:# (?:HELP|TYPE) [\w:]+ [^<>]*|[A-Za-z_:][\w:]*(?:\{[^{}<>]*\})? [-+\w.]+(?: \d+)?)$/.test(line)
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file)
  try {
    const { size } = await handle.stat()
    if (size === 0) return ''
    const from = Math.max(0, size - mostLogBytes)
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - from), position: from })
    const text = buffer.toString('utf8', 0, bytesRead)
    return from === 0 ? text : text.slice(text.indexOf('\n') + 1)
  } finally {
    await handle.close()
  }
}

async function endOfInput(): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    while (bytes - (chunks[0]?.length ?? 0) > mostLogBytes) bytes -= chunks.shift()?.length ?? 0
  }
  return Buffer.concat(chunks).toString()
}

function withoutUser(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : '(no URL)'
}

function safe(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '_').slice(-50)
}
