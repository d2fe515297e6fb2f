import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A wire to a server of loopback that a test can cut, and mend: while it is cut, nobody gets through. */
export class Gate implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isOpen = true

  private constructor(port: number, target: number) {
    this.port = port
    this.#server = createServer((near) => {
      if (!this.#isOpen) return void near.destroy()
      const far = connect(target, '127.0.0.1')
      this.#join(near, far)
      this.#join(far, near)
    })
  }

  /** `port`: of its own, `target`: where it leads. */
  static async open(port: number, target: number): Promise<Gate> {
    const gate = new Gate(port, target)
    gate.#server.listen(port, '127.0.0.1')
    await once(gate.#server, 'listening')
    return gate
  }

  cut(): void {
    this.#isOpen = false
    for (const socket of this.#sockets) socket.destroy()
  }

  mend(): void {
    this.#isOpen = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cut()
    await closed
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from)
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      to.destroy()
    })
    from.pipe(to)
  }
}
