import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import type { Clock } from '@parley/domain'
import { connectionFault, directoryUnavailable } from './ldap-fault.ts'
import type { LdapServer } from './ldap-server.ts'

const keepAliveMs = 30_000

/** Connects to a server, with TLS at once where the server is an ldaps:// one. Rejects with UnavailableError. */
export async function openSocket(server: LdapServer, clock: Clock): Promise<Socket> {
  const { host, port, security } = server
  if (security === 'tls')
    return await opened(connectTls({ ...tlsOptions(server), host, port }), 'secureConnect', server, clock)
  return await opened(connect({ host, port }), 'connect', server, clock)
}

/** Goes on with TLS on a connection (RFC 4513 §3). Rejects with UnavailableError. */
export async function secureSocket(plain: Socket, server: LdapServer, clock: Clock): Promise<TLSSocket> {
  return await opened(connectTls({ ...tlsOptions(server), socket: plain }), 'secureConnect', server, clock)
}

function tlsOptions({ host, tls }: LdapServer): ConnectionOptions {
  // NOTE: `host` is what the certificate must be for; an address is no name for SNI (RFC 6066 §3).
  return { ...tls, host, ...(isIP(host) === 0 ? { servername: host } : {}) }
}

async function opened<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  { url, connectMs }: LdapServer,
  clock: Clock,
): Promise<S> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const cancel = clock.after(connectMs, () => reject(new Error('it does not answer in time')))
  const failed = (error: Error) => reject(error)
  const closed = () => reject(new Error('it has closed the connection'))
  socket.once(event, resolve).on('error', failed).once('close', closed)
  try {
    await promise
    // A connection that is kept, with nothing on it, must not be lost unnoticed.
    return socket.setKeepAlive(true, keepAliveMs)
  } catch (error) {
    socket.on('error', () => undefined).destroy()
    throw directoryUnavailable(`${url}: ${connectionFault(error)}`, error)
  } finally {
    cancel()
    socket.off(event, resolve).off('error', failed).off('close', closed)
  }
}
