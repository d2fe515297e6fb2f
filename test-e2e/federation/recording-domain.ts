import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { EventQueue } from '../event-queue.ts'
import type { CertificateFiles } from './certificates.ts'

/** One request, byte for byte. */
export interface RecordedRequest {
  readonly text: string
  readonly method: string
  readonly target: string
  /** The value of a header. */
  header(name: string): string | undefined
}

const subscribed = 'HTTP/1.1 200 OK\r\nSubscription-Id: 7\r\nSubscription-Lifetime: 600\r\nContent-Length: 0\r\n\r\n'

/** The server of an IM domain that is nothing but a TLS socket: it writes down what comes, and answers, or leaves it at that. */
export class RecordingDomain implements AsyncDisposable {
  readonly requests: RecordedRequest[] = []
  readonly #server: Server
  readonly #sockets = new Set<TLSSocket>()
  readonly #arrived = new EventQueue<RecordedRequest>()

  private constructor(certificate: CertificateFiles, answers: boolean) {
    const tls = { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) }
    this.#server = createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.on('close', () => this.#sockets.delete(socket))
      let received = ''
      socket.on('data', (chunk) => {
        received += chunk.toString('latin1')
        for (let request = readRequest(received); request; request = readRequest(received)) {
          received = received.slice(request.text.length)
          this.requests.push(request)
          this.#arrived.push(request)
          if (answers) socket.write(subscribed)
        }
      })
    })
  }

  /** `answers`: everything gets the answer 200, else nothing any answer. */
  static async open(
    { address, port }: { address: string; port: number },
    certificate: CertificateFiles,
    { answers }: { answers: boolean },
  ): Promise<RecordingDomain> {
    const domain = new RecordingDomain(certificate, answers)
    domain.#server.listen(port, address)
    await once(domain.#server, 'listening')
    return domain
  }

  /** Waits for a request, and takes it. */
  async next(method: string): Promise<RecordedRequest> {
    return await this.#arrived.next(`${method} at another domain`, (request) => request.method === method)
  }

  /** Ends all its connections, and whatever waits for an answer. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.hangUp()
    await closed
  }
}

function readRequest(received: string): RecordedRequest | undefined {
  const end = received.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const header = (name: string): string | undefined =>
    new RegExp(`^${name}: *(.*?)\\r?$`, 'im').exec(received.slice(0, end))?.[1]
  const length = end + 4 + Number(header('content-length') ?? 0)
  if (received.length < length) return undefined
  const text = received.slice(0, length)
  const [method = '', target = ''] = text.split(' ', 2)
  return { text, method, target, header }
}
