import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

interface Pair {
  readonly client: Socket
  readonly server: Socket
  /** Resolves when the server's end is closed. */
  readonly closed: Promise<void>
  readonly kept: Buffer[]
  stranded: boolean
}

/** A wire to a server which can keep what its clients send, and bring it long after they have gone. */
export class Detour implements AsyncDisposable {
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  #keeping = false
  #wake = Promise.withResolvers<void>()

  constructor(target: number) {
    this.#server = createServer((client) => {
      const server = connect(target, '127.0.0.1')
      const closed = new Promise<void>((resolve) => server.on('close', () => resolve()))
      const pair: Pair = { client, server, closed, kept: [], stranded: false }
      this.#pairs.add(pair)
      client.on('data', (data: Buffer) => {
        if (!this.#keeping) return void server.write(data)
        pair.kept.push(data)
        this.#wake.resolve()
        this.#wake = Promise.withResolvers()
      })
      server.on('data', (data) => void (client.destroyed || client.write(data)))
      client.on('error', () => undefined)
      server.on('error', () => undefined)
      client.on('close', () => void (pair.stranded || server.end()))
      server.on('close', () => {
        this.#pairs.delete(pair)
        client.destroy()
      })
    })
  }

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Passes nothing on from now on. */
  keep(): void {
    this.#keeping = true
  }

  /** Resolves once something with this text is kept. */
  async keeps(text: string): Promise<void> {
    while (!this.#whole().some(({ kept }) => Buffer.concat(kept).includes(text))) await this.#wake.promise
  }

  /**
   * Breaks every connection for the clients; new ones are as good as ever. Returns how to bring what was kept: once it resolves, all
   * of it is done, since the server closes a connection at the end of what it reads.
   */
  strand(): () => Promise<void> {
    const stranded = this.#whole()
    for (const pair of stranded) {
      pair.stranded = true
      pair.client.destroy()
    }
    this.#keeping = false
    return async () => {
      for (const { server, kept } of stranded) server.end(Buffer.concat(kept))
      await Promise.all(stranded.map(({ closed }) => closed))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { client, server } of this.#pairs) {
      client.destroy()
      server.destroy()
    }
    this.#server.close()
    await once(this.#server, 'close')
  }

  #whole(): Pair[] {
    return [...this.#pairs].filter(({ stranded }) => !stranded)
  }
}
