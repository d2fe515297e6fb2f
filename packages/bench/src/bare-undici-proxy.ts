import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Dispatcher, Pool } from 'undici'

/*
 * What a router is compared with beside nginx: node:http and undici, which hand each request on and its status back, and do nothing
 * else. Run by itself with the port of the upstream.
 */
const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`, { connections: 256, pipelining: 1 })
const server = createServer((request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () => {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: (_, status) => void response.writeHead(status, { 'Content-Length': 0 }),
      onResponseData: () => undefined,
      onResponseEnd: () => void response.end(),
      onResponseError: (_, err) => fail(err),
    }
    // NOTE: without `reset: false` undici would close the connection after each body of a NOTIFY.
    const headers = ['Content-Type', 'text/xml']
    const { method = '', url = '' } = request
    pool.dispatch({ method, path: url, headers, body: Buffer.concat(pieces), reset: false, blocking: false }, handler)
  })
})
server.keepAliveTimeout = 0
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`ready http://127.0.0.1:${port}\n`)
})
/** NOTE: a load whose answer never comes would wait for ever. */
function fail(err: Error): never {
  process.stderr.write(`${err.message}\n`)
  process.exit(1)
}

process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
  void pool.destroy()
})
