import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import type { TestInstallation } from './test-installation.ts'

/** A NOTIFY as it came over the wire. */
export interface RawNotify {
  readonly head: string
  readonly body: string
}

/**
 * A device that speaks as librvp does: it listens on a port, reads one NOTIFY from each connection, and answers with a status
 * line and no length (client-facts §1.9).
 */
export class RawDevice implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #arrived: RawNotify[] = []
  readonly #waiting: ((notify: RawNotify) => void)[] = []
  readonly #held: (() => void)[] = []
  #holding = false
  #subscriptionId = ''

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket))
  }

  /** Signs `name` on with this device. */
  static async logOn(domain: TestInstallation, name: string): Promise<RawDevice> {
    const device = new RawDevice()
    device.#server.listen(0, '127.0.0.1')
    await once(device.#server, 'listening')
    const { port } = device.#server.address() as AddressInfo
    const answer = await domain.request({
      as: name,
      method: 'SUBSCRIBE',
      path: `/instmsg/aliases/${name}`,
      headers: [
        ['Subscription-Lifetime', '14000'],
        ['Notification-Type', 'pragma/notify'],
        ['Call-Back', `http://127.0.0.1:${port}`],
      ],
    })
    device.#subscriptionId = answer.header('Subscription-Id') ?? ''
    return device
  }

  /** Where it listens: its Call-Back. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get subscriptionId(): string {
    return this.#subscriptionId
  }

  /** NOTIFYs that nobody has asked for yet. */
  get waiting(): number {
    return this.#arrived.length
  }

  /** The next NOTIFY, in the order of arrival. */
  next(): Promise<RawNotify> {
    const arrived = this.#arrived.shift()
    return arrived ? Promise.resolve(arrived) : new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Reads what comes, but says nothing until `releaseAnswers`. */
  holdAnswers(): void {
    this.#holding = true
  }

  releaseAnswers(): void {
    this.#holding = false
    for (const answer of this.#held.splice(0)) answer()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    let received = ''
    socket.setEncoding('utf8')
    socket.on('data', (chunk: string) => {
      received += chunk
      const end = received.indexOf('\r\n\r\n')
      if (end < 0) return
      const head = received.slice(0, end + 4)
      const body = received.slice(end + 4)
      const length = Number(/\r\nContent-Length: ([0-9]+)\r\n/.exec(head)?.[1] ?? 0)
      if (Buffer.byteLength(body) < length) return
      const answer = (): void => {
        socket.end('HTTP/1.1 200 Successful\r\nRVP-Notifications-Version: 0.2\r\n\r\n')
      }
      if (this.#holding) this.#held.push(answer)
      else answer()
      this.#hear({ head, body })
    })
  }

  #hear(notify: RawNotify): void {
    const waiting = this.#waiting.shift()
    if (waiting) waiting(notify)
    else this.#arrived.push(notify)
  }
}
