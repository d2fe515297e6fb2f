import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/*
 * What everything is compared with: node:http, which reads a NOTIFY and answers 200, and does nothing else. Run by itself.
 */
const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'Content-Length': 0 })
  response.end()
})
server.keepAliveTimeout = 0
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`ready http://127.0.0.1:${port}\n`)
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
