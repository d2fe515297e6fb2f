import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import { type Clock, systemClock } from '@parley/domain'
import type { HttpConnectionInfo, HttpHandler, PeerCertificate } from './http-message.ts'
import { Connection, type ConnectionHost } from './listener-connection.ts'
import type { ListenerEvents } from './listener-events.ts'
import { connectionsAllowedFrom, defaultListenerLimits, type ListenerLimits } from './listener-limits.ts'
import type { ListenerLoad } from './listener-load.ts'
import { peerCertificateOf } from './peer-certificate.ts'
import { TurnEnd } from './socket-writer.ts'

/** What a listener shows its peers when it speaks TLS, and what they are to show it; all in PEM. */
export interface ListenerTls {
  readonly cert: string | Buffer
  readonly key: string | Buffer
  /** Who signs the certificates of peers. Absent: none is asked for. */
  readonly clientCa?: string | Buffer
  /**
   * Whether a peer without a certificate that `clientCa` signed is turned away, as by default, or served as one that proved
   * nothing.
   */
  readonly clientCertificate?: 'required' | 'optional'
}

export interface ListenerOptions {
  readonly address: string
  /** 0 takes any that is free. */
  readonly port: number
  /** Absent for plain HTTP. */
  readonly tls?: ListenerTls
  /** What differs from the defaults. */
  readonly limits?: Partial<ListenerLimits>
  /** Whether an address is that of a proxy which stands for many clients: bounded by `connections` only. None is when absent. */
  readonly isProxy?: (address: string) => boolean
  readonly clock?: Clock
  readonly events: ListenerEvents
  readonly handler: HttpHandler
}

/** One address and port on which requests are taken; several of them make the virtual servers. */
export interface Listener extends AsyncDisposable {
  readonly address: string
  readonly port: number
  /** Without a slash at the end. */
  readonly url: string
  readonly load: Readonly<ListenerLoad>
  /** From now on each answer says that its connection closes; new connections are taken as before. */
  leave(): void
  /**
   * Takes no new connection, closes idle ones, ends streams, and answers what is in work, saying that the connection closes.
   * Resolves when all connections are gone, or when `signal` aborts; what is left then goes when the listener is disposed of.
   */
  drain(signal: AbortSignal): Promise<void>
}

/**
 * Starts to take requests; rejects when the address cannot be had.
 *
 * NOTE: `Expect: 100-continue` never gets its 100, which no real client of RVP survives (client-facts §5, 8). Clients that ask
 * for it send the body after a short wait all the same (RFC 9110 §10.1.1), and then get the final answer.
 */
export async function openListener(options: ListenerOptions): Promise<Listener> {
  const listener = new TcpListener(options)
  await listener.open(options)
  return listener
}

class TcpListener implements Listener, ConnectionHost {
  readonly limits: ListenerLimits
  readonly handler: HttpHandler
  readonly events: ListenerEvents
  readonly turnEnd = new TurnEnd()
  readonly load: ListenerLoad = { requests: 0, streams: 0 }
  tick = 0
  draining = false
  leaving = false
  bufferedBytes = 0
  address = ''
  port = 0
  readonly #encrypted: boolean
  readonly #isProxy: (address: string) => boolean
  readonly #clock: Clock
  readonly #server: Server
  /** Every accepted socket, also those that are still in their TLS handshake. */
  readonly #sockets = new Set<Socket>()
  readonly #connections = new Set<Connection>()
  readonly #perAddress = new Map<string, number>()
  readonly #closed = Promise.withResolvers<void>()
  #stopSweep = () => {}

  constructor({ tls, limits, isProxy, clock, events, handler }: ListenerOptions) {
    this.limits = { ...defaultListenerLimits, ...limits }
    this.handler = handler
    this.events = events
    this.#isProxy = isProxy ?? (() => false)
    this.#clock = clock ?? systemClock
    this.#encrypted = tls !== undefined
    const secure = tls && this.#createSecureServer(tls)
    // A peer may end its side and still wait for our answer. Over TLS none does, and half a connection would outlive its handshake.
    this.#server = createServer({ allowHalfOpen: !tls, noDelay: true }, (socket) => {
      if (!this.#admit(socket)) return
      if (secure) secure.emit('connection', socket)
      else this.#serve(socket)
    })
    this.#server.maxConnections = this.limits.connections
    this.#server.on('drop', (peer) => this.events.connectionRefused('too many connections', peer?.remoteAddress))
  }

  get url(): string {
    const host = this.address.includes(':') ? `[${this.address}]` : this.address
    return `${this.#encrypted ? 'https' : 'http'}://${host}:${this.port}`
  }

  async open({ address, port }: ListenerOptions): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#server.once('error', reject)
    this.#server.listen({ host: address, port, backlog: 1024 }, resolve)
    await promise
    this.#server.off('error', reject)
    this.#server.on('error', (err) => this.events.acceptFailed(err))
    const bound = this.#server.address()
    if (bound === null || typeof bound === 'string') throw new TypeError('a listener needs an address and a port')
    this.address = bound.address
    this.port = bound.port
    this.#sweepLater()
  }

  leave(): void {
    this.leaving = true
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.leave()
    this.#stopAccepting()
    for (const connection of this.#connections) connection.drain()
    if (signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const abort = () => resolve()
    signal.addEventListener('abort', abort, { once: true })
    await Promise.race([promise, this.#closed.promise])
    signal.removeEventListener('abort', abort)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopAccepting()
    for (const connection of this.#connections) connection.destroy()
    for (const socket of this.#sockets) socket.destroy()
    await this.#closed.promise
    this.#stopSweep()
  }

  #stopAccepting(): void {
    if (this.draining) return
    this.draining = true
    this.#server.close()
    this.#settle()
  }

  /** Does not listen itself: it is given the sockets that were admitted. */
  #createSecureServer({ cert, key, clientCa, clientCertificate }: ListenerTls): TlsServer {
    const secure = createTlsServer({
      cert,
      key,
      handshakeTimeout: this.limits.headMs,
      ALPNProtocols: ['http/1.1'],
      ...(clientCa && { ca: clientCa, requestCert: true, rejectUnauthorized: clientCertificate !== 'optional' }),
    })
    secure.on('secureConnection', (socket) => this.#serve(socket, peerCertificateOf(socket)))
    secure.on('tlsClientError', (err, socket) => {
      this.events.connectionRefused(`TLS: ${err.message}`, socket.remoteAddress)
      socket.destroy()
    })
    return secure
  }

  /** Counts a socket in; false when its peer has too many already. */
  #admit(socket: Socket): boolean {
    const address = plainAddress(socket.remoteAddress)
    const others = this.#perAddress.get(address) ?? 0
    const allowed = this.#isProxy(address) ? this.limits.connections : connectionsAllowedFrom(address, this.limits)
    if (others >= allowed) {
      this.events.connectionRefused('too many connections from this address', address)
      socket.destroy()
      return false
    }
    this.#perAddress.set(address, others + 1)
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#settle()
      const left = (this.#perAddress.get(address) ?? 1) - 1
      if (left > 0) this.#perAddress.set(address, left)
      else this.#perAddress.delete(address)
    })
    return true
  }

  #serve(socket: Socket, peerCertificate?: PeerCertificate): void {
    const remoteAddress = plainAddress(socket.remoteAddress)
    const info: HttpConnectionInfo = {
      remoteAddress,
      remotePort: socket.remotePort ?? 0,
      localAddress: plainAddress(socket.localAddress),
      localPort: socket.localPort ?? 0,
      encrypted: this.#encrypted,
      ...(this.#isProxy(remoteAddress) && { isProxied: true }),
      ...(peerCertificate && { peerCertificate }),
      state: undefined,
    }
    const connection = new Connection(this, socket, info)
    this.#connections.add(connection)
    this.events.connectionOpened(info)
    socket.on('data', (chunk: Buffer) => connection.receive(chunk))
    socket.on('end', () => connection.peerEnded())
    // A broken connection is an ended one; 'close' follows.
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#connections.delete(connection)
      connection.closed()
      this.events.connectionClosed(info)
      this.#settle()
    })
  }

  /** Sees whether everything is closed, and known to be. */
  #settle(): void {
    if (this.draining && this.#sockets.size + this.#connections.size === 0) this.#closed.resolve()
  }

  /** One timer looks after the time limits of all connections. */
  #sweepLater(): void {
    this.#stopSweep = this.#clock.after(this.limits.sweepMs, () => {
      this.tick++
      for (const connection of this.#connections) connection.sweep()
      this.#sweepLater()
    })
  }
}

/** An IPv4 address mapped into IPv6 as the IPv4 address it is. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
