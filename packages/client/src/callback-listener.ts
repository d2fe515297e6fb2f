import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { header, notificationsVersion, reasonPhrase, xmlContentType } from '@parley/protocol'
import type { DeviceInbox, InboxListener } from './device-inbox.ts'

/** Where to listen for call-backs. */
export interface CallbackListenerOptions {
  /** Address of this machine that the server can reach. */
  readonly address: string
  /** 0 or absent takes any free port. */
  readonly port?: number
}

/** Design limit of a request. */
const maxBodyBytes = 400_000

/**
 * An inbox that the server connects to: each NOTIFY is one request to the Call-Back of the login subscription (RVP §5.1.7.1).
 * Node's parser knows NOTIFY, so node:http will do here.
 */
export class CallbackListener implements DeviceInbox {
  readonly #options: CallbackListenerOptions
  #server: Server | undefined

  constructor(options: CallbackListenerOptions) {
    this.#options = options
  }

  async start(listener: InboxListener): Promise<readonly (readonly [string, string])[]> {
    const { address, port = 0 } = this.#options
    const server = createServer({ requestTimeout: 30_000, keepAliveTimeout: 120_000 }, (request, response) => {
      void receive(request, listener).then((status) => answer(response, status))
    })
    this.#server = server
    server.listen(port, address)
    await once(server, 'listening')
    const bound = server.address() as AddressInfo
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
    return [[header.callBack, `http://${host}:${bound.port}`]]
  }

  async accepted(): Promise<void> {}

  async close(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
}

async function receive(request: IncomingMessage, listener: InboxListener): Promise<number> {
  if (request.method !== 'NOTIFY') return 501
  if (request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== xmlContentType) return 415
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request) {
      size += chunk.length
      if (size > maxBodyBytes) return 413
      chunks.push(chunk)
    }
  } catch {
    return 400 // the server gave up half-way; nobody hears this answer
  }
  return listener.notify(Buffer.concat(chunks).toString('utf8')) ? 200 : 400
}

function answer(response: ServerResponse, status: number): void {
  const isGood = status === 200
  response.sendDate = false
  response.writeHead(status, reasonPhrase(status), {
    [header.notificationsVersion]: notificationsVersion,
    // Real clients give no length (client-facts §1.9); with one, the server may use the connection again,
    [header.contentLength]: '0',
    // and this says that it may.
    Connection: isGood ? 'keep-alive' : 'close',
  })
  response.end()
}
