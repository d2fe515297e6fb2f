import { isMet, type ReportRow } from './report-row.ts'

/** The results as a table in Markdown, each as a ratio to what bare node:http reached in the same run. */
export function resultTable(rows: readonly ReportRow[]): string {
  const yardstick = rows.find(({ unit }) => unit === 'requests/s')?.figure
  const head = [
    'workload',
    'figure',
    'to node:http',
    'bar',
    'met',
    'server',
    'load',
    'others',
    'per server CPU second',
    'note',
  ]
  const lines = rows.map((row) => [
    row.workload,
    `${rounded(row.figure)} ${row.unit}`,
    yardstick !== undefined && row.unit.endsWith('/s') ? (row.figure / yardstick).toFixed(3) : '',
    barText(row),
    { true: 'yes', false: 'no', undefined: '' }[`${isMet(row)}`],
    ...(['server', 'load', 'others'] as const).map((who) => (row.shares ? percent(row.shares[who]) : '')),
    row.shares && row.unit.endsWith('/s') ? rounded(row.figure / row.shares.server) : '',
    row.note ?? '',
  ])
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

/** docs/performance.md. */
export function performancePage({
  table,
  machine,
  seconds,
}: {
  table: string
  machine: string
  seconds: number
}): string {
  return `# Performance

Written by \`npm run bench -- --write\`; the bars are those of issue 2. The server (\`parley serve\`, durable LMDB store, log level
\`warn\` where nothing else is said) runs with all its threads on one processor, the load on another; both on this machine, over
loopback. Each window is ${seconds} s.

${machine}

${table}
- **to node:http**: the figure over the requests/s that a bare \`node:http\` server answered in the same run (first row).
- **server**, **load**, **others**: shares of one processor that the server, the load and everything else took in the window.
  Where *others* is more than a few percent the figures are too low; *per server CPU second* is what they come to for the time
  that the server really had, and a bar counts as met by the plain figure only.
- **Load**: one process on raw sockets. Digest on every request, with a nonce count that grows; a browser's three connections
  a user (requests, stream, acknowledgements). Presence is acknowledged every 50 events, messages at once, but one
  acknowledgement at a time, so that what arrives before its answer is acknowledged together (docs/protocol/streams.md,
  section 4).
- **Sign-in**: SUBSCRIBE (refused with 401, then again with credentials), the stream's GET, then PROPPATCH, ACL, PROPFIND and 20
  SUBSCRIBEs pipelined over the same connection, four hundred users at a time; 20 users who are online see each of them come.
- **Latency** is counted from the moment that a request was due by a fixed schedule, whatever became of those before it.
- **Memory** is what /proc/PID/status says after garbage collection, less that of the empty server with the same users file,
  by users: RssAnon, the process's own. Pages of the store's file that are mapped (RssFile) are the kernel's cache, which it
  takes back when it needs memory; they are named beside it.

[performance-notes.md](performance-notes.md) says where the time goes, and what stands in the way of the bars that are missed.
`
}

function barText({ bar, unit }: ReportRow): string {
  if (!bar) return ''
  return 'atLeast' in bar ? `≥ ${rounded(bar.atLeast)} ${unit}` : `≤ ${rounded(bar.atMost)} ${unit}`
}

function rounded(figure: number): string {
  return figure >= 1000
    ? Math.round(figure).toLocaleString('en-GB')
    : figure.toFixed(figure >= 100 ? 0 : 2).replace(/\.00$/, '')
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
