import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'

/** A device that takes a NOTIFY, and lets its sender wait until it is told to answer. */
export class HeldDevice implements AsyncDisposable {
  /** Resolves when a NOTIFY has come. */
  readonly notified: Promise<void>
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor() {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.notified = promise
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.once('data', () => resolve())
    })
  }

  static async open(): Promise<HeldDevice> {
    const device = new HeldDevice()
    device.#server.listen(0, '127.0.0.1')
    await once(device.#server, 'listening')
    return device
  }

  get callBack(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  answer(): void {
    for (const socket of this.#sockets) socket.end('HTTP/1.1 200 Successful\r\nRVP-Notifications-Version: 0.2\r\n\r\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}
