import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'

/** How a device answers a NOTIFY. */
export type Answer = (socket: Socket, body: string) => void

/** librvp: no length, closes (client-facts §1.9). */
export const librvpAnswer: Answer = (socket) => {
  socket.end('HTTP/1.1 200 Successful\r\nRVP-Notifications-Version: 0.2\r\n\r\n')
}

/** Net::RVP: no length, a body, and an open connection (client-facts §2.2). */
export const netRvpAnswer: Answer = (socket) => {
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n')
  socket.write('Message Received')
}

/** Miranda: bare line feeds and a length, one request per connection (client-facts §3.2). */
export const mirandaAnswer: Answer = (socket) => {
  socket.write('HTTP/1.1 200 Successful\nContent-Type: text/html\nContent-Length: 15\n\n<html>OK</html>')
}

/** A client that asks for the connection to be kept. */
export const keepAliveAnswer: Answer = (socket) => {
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok')
}

export const silentAnswer: Answer = () => {}

/** Answers with exactly `text`, and leaves the connection open. */
export function textAnswer(text: string): Answer {
  return (socket) => socket.write(text)
}

/** A device's listener on loopback. Reads as strictly as librvp: an exact `Content-Length: N`, and nothing chunked. */
export class CallbackDevice implements AsyncDisposable {
  answer: Answer
  readonly requests: string[] = []
  readonly bodies: string[] = []
  connections = 0
  #server: Server
  readonly #sockets = new Set<Socket>()
  #waiting: (() => void)[] = []
  #unanswered: (() => void)[] = []

  private constructor(server: Server, answer: Answer) {
    this.#server = server
    this.answer = answer
  }

  static async listen(answer: Answer): Promise<CallbackDevice> {
    const server = createServer()
    const device = new CallbackDevice(server, answer)
    server.on('connection', (socket) => device.#serve(socket))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return device
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the device does not listen')
    return address.port
  }

  get openConnections(): number {
    return this.#sockets.size
  }

  /** The bodies received, once there are `count`. */
  async received(count: number): Promise<readonly string[]> {
    await this.until(() => this.bodies.length >= count)
    return this.bodies
  }

  /** Waits for something that a request, or a connection's opening or closing, makes true. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  /** Answers what was read while the device was silent, and all that follows. */
  resume(answer: Answer): void {
    this.answer = answer
    const unanswered = this.#unanswered
    this.#unanswered = []
    for (const reply of unanswered) reply()
  }

  /** Closes all connections, as a client does that is restarted. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hangUp()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #serve(socket: Socket): void {
    this.connections += 1
    this.#sockets.add(socket)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#changed()
    })
    socket.on('error', () => {})
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      const head = /^[\s\S]*?\r\n\r\n/.exec(bytes.toString('latin1'))?.[0]
      const length = Number(/\r\nContent-Length: ([0-9]+)\r\n/.exec(head ?? '')?.[1])
      if (head === undefined || !(bytes.length >= head.length + length)) return
      const request = bytes.subarray(0, head.length + length)
      bytes = bytes.subarray(request.length)
      const body = request.subarray(head.length).toString()
      this.requests.push(request.toString())
      this.bodies.push(body)
      if (this.answer === silentAnswer) this.#unanswered.push(() => this.answer(socket, body))
      else this.answer(socket, body)
      this.#changed()
    })
    this.#changed()
  }

  #changed(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const device = await CallbackDevice.listen(librvpAnswer)
  const { port } = device
  await device[Symbol.asyncDispose]()
  return port
}
