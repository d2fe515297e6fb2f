import { isMet, type ReportRow, type Workload } from './report-row.ts'

/** What bare node:http reaches: the yardstick of the other rates. */
export const yardstickName = 'bare node:http, small NOTIFYs'

/** The results as a table in Markdown, each as a ratio to `yardstick`, which bare node:http reached in the same run. */
export function resultTable(rows: readonly ReportRow[], yardstick: number | undefined): string {
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

/** The parts of the page, one for each issue that has bars, in their order. */
const sections: readonly {
  readonly issue: Workload<unknown>['issue']
  readonly title: string
  readonly about: string
}[] = [
  {
    issue: 2,
    title: 'One office in one process',
    about: '`parley serve` with its durable LMDB store; the bars are those of issue 2.',
  },
  {
    issue: 3,
    title: 'A cluster',
    about: `\`parley router\` and \`parley home\` with redis-server (append-only file, on the disk within a second) and nats-server; the bars are
those of issue 3.`,
  },
  {
    issue: 4,
    title: 'A directory',
    about: '`parley sync` and the map in Redis, with people who are generated; the bars are those of issue 4.',
  },
  {
    issue: 5,
    title: 'Starts and upgrades',
    about: 'What matters in Kubernetes, measured with processes; the bars are those of issue 5.',
  },
]

/** What was measured for one issue in this run. */
export interface Measured {
  readonly issue: Workload<unknown>['issue']
  readonly rows: readonly ReportRow[]
}

/**
 * docs/performance.md, with `measured` in place of what it says of these issues; it keeps the rest of `known`, which other runs have measured.
 * `machine` tells on what and when this run did.
 */
export function performancePage(
  known: string,
  measured: readonly Measured[],
  { machine, seconds, yardstick }: { machine: string; seconds: number; yardstick: number | undefined },
): string {
  const parts = sections.map(({ issue, title, about }) => {
    const rows = measured.find((one) => one.issue === issue)?.rows
    if (rows === undefined) return sectionOf(known, title)
    return `## ${title}\n\n${about}\n\n${machine} Windows of ${seconds} s.\n\n${resultTable(rows, yardstick)}`
  })
  return [pageHead, ...parts.filter((part) => part !== undefined), pageFoot].join('\n')
}

/** A section as the page has it; undefined when it has none of that title. */
function sectionOf(page: string, title: string): string | undefined {
  const start = page.indexOf(`## ${title}\n`)
  if (start < 0) return undefined
  const end = page.indexOf('\n## ', start)
  return page.slice(start, end < 0 ? page.length : end + 1).replace(/\n+$/, '\n')
}

const pageHead = `# Performance

Written by \`npm run bench -- --write\`, each part by the run that it names. What is measured runs with all its threads on one processor, the load on
another; both on this machine, over loopback. The log level is \`warn\` where nothing else is said.
`

const pageFoot = `## How to read this

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
- **Router**: 128 users, each on a connection of its own, send NOTIFYs with bodies of 600 bytes, one after another. Behind it is a
  bare listener in the load's process that answers 200 at once and holds the home's lease. nginx has one process, keep-alive on
  both sides and no log. Clients that use NTLM prove a connection once and then send no Authorization; others, our own among
  them, send Digest with each request. Ratios to nginx are of requests for each processor second that each of them used, since
  the load may be what limits nginx; a latency that is added is that through the router less that straight to the listener.
- **Homes**: clients connect to the process of their home. Where the homes share a processor, *server* is all of them, and Redis
  and NATS where the note says so. Beats between homes are taken off the messages of NATS, at the rate they had before.
- **Directory**: slapd has the people of \`generatedPeople\` (packages/testkit), is read over TLS, and shares the load's processor with
  Redis and NATS; \`parley sync\` has the other one. A change counts from slapd's answer until a router's cache, which knew the former
  name, answers with the new one. Searches are parts of names in either order, first letters, addresses, one in ten with a
  department; Redis has a processor of its own then. Round trips are what Redis counts as reads from its clients.
- **Starts** count from the moment that the process is made until its /readyz says 200, with the options of Node that the image has. A
  container takes as much longer as its engine does.
- **Upgrade**: 40 users send messages and change their states, and as many at other homes take them and watch; all at our own client, through a
  TCP load balancer. Who is refused tries again each 0.25 s, for 10 s at most. Routers, homes and the starts of their successors share one processor.
- **Memory** is what /proc/PID/status says after garbage collection, less that of the empty server with the same users file,
  by users: RssAnon, the process's own. Pages of the store's file that are mapped (RssFile) are the kernel's cache, which it
  takes back when it needs memory; they are named beside it.

[performance-notes.md](performance-notes.md) says where the time goes, and what stands in the way of the bars that are missed.
`

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
