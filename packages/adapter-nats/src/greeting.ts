import { once } from 'node:events'
import { connect } from 'node:net'
import type { ServerAddress } from './server-address.ts'

/**
 * Resolves with the greeting of the NATS server at `server`; rejects when there is none, or when `signal` aborts.
 * NOTE: the client library cannot be stopped while it dials, and leaves the socket of a dial that timed out open: without
 * this, a server that hangs would cost a socket with every new attempt.
 */
export async function awaitGreeting(server: ServerAddress, signal: AbortSignal): Promise<string> {
  const socket = connect(server.port, server.host)
  try {
    const [greeting] = (await once(socket, 'data', { signal })) as [Buffer]
    const text = greeting.toString('latin1')
    if (!text.startsWith('INFO ')) throw new Error('it is no NATS server')
    return text
  } finally {
    socket.destroy()
  }
}

/** Whether a greeting says that the server wants to see a certificate of ours. */
export function asksForCertificate(greeting: string): boolean {
  return /"tls_verify": ?true/.test(greeting)
}
