import { join } from 'node:path'
import { textPayload, writeMessage } from '@parley/protocol'
import { ClientConnection } from '../client-connection.ts'
import { BareHome } from '../cluster/bare-home.ts'
import { startNginx } from '../cluster/bench-nginx.ts'
import { BenchCluster, homeNamed } from '../cluster/cluster.ts'
import { proveConnection } from '../cluster/ntlm-connection.ts'
import { DigestCredentials } from '../digest-credentials.ts'
import { LatencyHistogram } from '../latency-histogram.ts'
import { closedLoop, openLoop, wait, warmUpSeconds } from '../pacing.ts'
import { PinnedProcess } from '../pinned-process.ts'
import { ProcessorMeter, type ProcessorShares } from '../processor-time.ts'
import type { ReportRow, Workload } from '../report-row.ts'
import { RequestText } from '../request-text.ts'
import { hrefOf, nameOf, pathOf, type Settings } from '../settings.ts'

const undiciProxy = join(import.meta.dirname, '../bare-undici-proxy.ts')
/** One user each, on a connection that is kept. */
const connections = 128
const bodyBytes = 600
const rounds = 2
const sessionId = '{AB3D5C77-0F1E-4C35-8E62-7D2A14B90C11}'

/** What takes the requests, and what it made of them in all its windows together. */
interface Way {
  readonly pid: number
  readonly senders: readonly Sender[]
  answers: number
  seconds: number
  serverSeconds: number
  shares: ProcessorShares
}

type Sender = (done: () => void) => void

/**
 * NOTIFYs of 600 bytes to a home that answers at once: through a router, and through nginx with keep-alive on both sides, in
 * turns, on the same processor and from the same load; and through as little of Node and undici as can be. Then what the router adds to the latency at half of its rate.
 */
export const routerForward: Workload<Settings> = {
  name: 'router-forward',
  issue: 3,
  async run(settings) {
    const { serverCpu, loadCpu } = settings
    const hq = homeNamed(0)
    const options = { name: 'router-forward', users: connections, homeOf: () => hq, storesCpu: loadCpu }
    await using cluster = await BenchCluster.start(settings, options)
    await using home = await BareHome.open(cluster, hq)
    await using nginx = await startNginx({ directory: settings.directory, cpu: serverCpu }, home.port)
    const log = join(settings.directory, 'bare-undici-proxy.log')
    await using undici = await PinnedProcess.start(settings, [undiciProxy, String(home.port)], log)
    const router = await cluster.startRouter(serverCpu)
    await using open = new AsyncDisposableStack()
    const connect = (port: number): ClientConnection[] =>
      Array.from({ length: connections }, () => open.adopt(new ClientConnection(port), (client) => client.close()))
    // NOTE: each way is warm before the next one connects: a listener closes connections that say nothing at first.
    const warm = async (pid: number, senders: readonly Sender[]): Promise<Way> => {
      const way = { pid, senders, answers: 0, seconds: 0, serverSeconds: 0, shares: { server: 0, load: 0, others: 0 } }
      await measure(way, warmUpSeconds, undefined)
      return way
    }
    const proxied = await warm(nginx.pid, connect(nginx.port).map(plainSender))
    const byUndici = await warm(undici.pid, connect(undici.port).map(plainSender))
    const byNtlm = await warm(router.pid, await Promise.all(connect(router.port).map(ntlmSender)))
    const byDigest = await warm(router.pid, connect(router.port).map(digestSender))
    const ways = [proxied, byUndici, byNtlm, byDigest]
    for (let round = 0; round < rounds; round++) {
      for (const way of ways) await measure(way, settings.seconds / rounds, settings)
    }
    const perSecond = byNtlm.answers / byNtlm.seconds / 2
    const direct = connect(home.port).map(plainSender)
    const added = await addedLatency(settings, perSecond, { router: byNtlm, direct })
    return [
      rateRow('nginx proxying NOTIFYs of 600 bytes', proxied),
      rateRow('node:http and undici alone proxying them', byUndici),
      ratioRow('the same per core that it used, to nginx, undici alone', byUndici, proxied, false),
      rateRow('router forwarding them, connections proved by NTLM', byNtlm),
      ratioRow('the same per core that it used, to nginx', byNtlm, proxied),
      rateRow('router forwarding them, Digest on each request', byDigest),
      ratioRow('the same per core that it used, to nginx, with Digest', byDigest, proxied),
      added,
    ]
  },
}

/** As many requests as are answered; they count when there are settings to measure by. */
async function measure(way: Way, seconds: number, settings: Settings | undefined): Promise<void> {
  let answers = 0
  const meter = new ProcessorMeter(way.pid, settings ?? { serverCpu: 0, loadCpu: 0 })
  const startedAt = performance.now()
  await closedLoop(seconds, connections, (turn, done) => {
    way.senders[turn]?.(() => {
      answers += 1
      done()
    })
  })
  if (!settings) return
  const passed = (performance.now() - startedAt) / 1000
  way.shares = meter.read()
  way.answers += answers
  way.seconds += passed
  way.serverSeconds += way.shares.server * passed
}

function rateRow(workload: string, { answers, seconds, serverSeconds, shares }: Way): ReportRow {
  const server = serverSeconds / seconds
  return { workload, figure: answers / seconds, unit: 'requests/s', shares: { ...shares, server } }
}

/** NOTE: requests for each second of the processor that each really had, since the load may be what limits nginx. */
function ratioRow(workload: string, way: Way, nginx: Way, isRouter = true): ReportRow {
  const perCore = (each: Way): number => each.answers / each.serverSeconds
  const bar = isRouter && { bar: { atLeast: 0.5 } }
  return { workload, figure: perCore(way) / perCore(nginx), unit: 'of nginx', ...bar }
}

async function addedLatency(
  settings: Settings,
  perSecond: number,
  { router, direct }: { router: Way; direct: readonly Sender[] },
): Promise<ReportRow> {
  const straight = await latency(direct, perSecond, settings.seconds / 2)
  const meter = new ProcessorMeter(router.pid, settings)
  const through = await latency(router.senders, perSecond, settings.seconds)
  const shares = meter.read()
  const text = (histogram: LatencyHistogram): string =>
    `p50 ${histogram.percentile(0.5).toFixed(2)} ms, p99 ${histogram.percentile(0.99).toFixed(2)} ms`
  return {
    workload: 'latency that the router adds at half of that rate, p99',
    figure: Math.max(0, through.percentile(0.99) - straight.percentile(0.99)),
    unit: 'ms',
    bar: { atMost: 3 },
    shares,
    note: `through the router ${text(through)}; straight to the home ${text(straight)}`,
  }
}

async function latency(senders: readonly Sender[], perSecond: number, seconds: number): Promise<LatencyHistogram> {
  let at = 0
  let histogram = new LatencyHistogram()
  const run = (length: number): Promise<void> =>
    openLoop(perSecond, length, (dueAt) => {
      const counting = histogram
      senders[at++ % senders.length]?.(() => counting.add(performance.now() - dueAt))
    })
  await run(1)
  histogram = new LatencyHistogram()
  await run(seconds)
  await wait(0.5)
  return histogram
}

/** A message of one user to the next one. */
function messageOf(index: number): RequestText {
  const to = (index + 1) % connections
  const body = (text: string): string =>
    writeMessage({
      from: { href: hrefOf(index), description: nameOf(index) },
      to: [{ href: hrefOf(to), description: nameOf(to) }],
      mime: textPayload({ sessionId, text }),
    })
  const text = '.'.repeat(Math.max(0, bodyBytes - body('').length))
  return new RequestText(index, 'NOTIFY', pathOf(to), ['RVP-Hop-Count: 1', 'RVP-Ack-Type: DeepOr'], body(text))
}

function plainSender(connection: ClientConnection, index: number): Sender {
  return repeating(connection, messageOf(index).with({ line: () => '' }))
}

async function ntlmSender(connection: ClientConnection, index: number): Promise<Sender> {
  const text = messageOf(index)
  await proveConnection(connection, index, text)
  return repeating(connection, text.with({ line: () => '' }))
}

function repeating(connection: ClientConnection, bytes: string): Sender {
  return (done) => connection.send(bytes, (answer) => taken(answer, done))
}

function digestSender(connection: ClientConnection, index: number): Sender {
  const text = messageOf(index)
  const credentials = new DigestCredentials(index)
  const send = (done: () => void): void =>
    connection.send(text.with(credentials), (answer) => {
      if (answer.status !== 401) {
        taken(answer, done)
        return
      }
      credentials.challenge(answer.head)
      send(done)
    })
  return send
}

function taken(answer: { status: number; head: string }, done: () => void): void {
  if (answer.status !== 200) throw new Error(`a message was refused: ${answer.head}`)
  done()
}
