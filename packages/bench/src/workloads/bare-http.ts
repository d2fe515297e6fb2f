import { join } from 'node:path'
import { writePropNotification } from '@parley/protocol'
import { ClientConnection } from '../client-connection.ts'
import { closedLoop, warmUpSeconds } from '../pacing.ts'
import { PinnedProcess } from '../pinned-process.ts'
import { ProcessorMeter } from '../processor-time.ts'
import { yardstickName } from '../report.ts'
import type { Workload } from '../report-row.ts'
import { domain, hrefOf, pathOf, type Settings } from '../settings.ts'

const script = join(import.meta.dirname, '../bare-http-server.ts')
const connections = 128

/** What a bare `node:http` answers: the yardstick of all other rows. */
export const bareHttp: Workload<Settings> = {
  name: 'node-http',
  issue: 2,
  async run(settings) {
    const logFile = join(settings.directory, 'bare-http.log')
    await using server = await PinnedProcess.start(settings, [script], logFile)
    const body = writePropNotification({ fromHref: hrefOf(1), toHref: hrefOf(2), state: 'online' })
    const request =
      `NOTIFY ${pathOf(2)} HTTP/1.1\r\nHost: ${domain}\r\nRVP-Notifications-Version: 0.2\r\n` +
      `Content-Type: text/xml\r\nRVP-Hop-Count: 1\r\nContent-Length: ${body.length}\r\n\r\n${body}`
    const clients = Array.from({ length: connections }, () => new ClientConnection(server.port))
    let answers = 0
    const run = (seconds: number): Promise<void> =>
      closedLoop(seconds, connections, (turn, done) => {
        clients[turn]?.send(request, () => {
          answers += 1
          done()
        })
      })
    await run(warmUpSeconds)
    answers = 0
    const meter = new ProcessorMeter(server.pid, settings)
    const startedAt = performance.now()
    await run(settings.seconds)
    const figure = (answers * 1000) / (performance.now() - startedAt)
    const shares = meter.read()
    for (const client of clients) client.close()
    return [{ workload: yardstickName, figure, unit: 'requests/s', shares }]
  },
}
