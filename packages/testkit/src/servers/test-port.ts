import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

const lowest = 20_000
const highest = 32_000

/**
 * A free port of loopback for a server that must find it free again after a restart.
 *
 * NOTE: below the range from which the system gives ports to connections (from 32768 on Linux). There, another process could
 * take the port while the server is down, and a client that keeps trying to connect could even reach itself.
 */
export async function testPort(): Promise<number> {
  for (;;) {
    const port = randomInt(lowest, highest)
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false
    throw error
  }
  server.close()
  await once(server, 'close')
  return true
}
