import { header } from '@parley/protocol'
import { TransportError } from './client-error.ts'
import type { DeviceInbox, InboxListener } from './device-inbox.ts'
import { StreamReader, type StreamReaderOptions } from './stream-reader.ts'
import type { RvpTransportHead } from './transport.ts'

/**
 * An inbox for a device that cannot be called back: one long GET over which the NOTIFY bodies come (docs/protocol/streams.md).
 * Comes back after a break, each time a little later, and goes on where it was.
 */
export class StreamInbox implements DeviceInbox {
  readonly #options: StreamReaderOptions
  #listener: InboxListener | undefined
  #reader: StreamReader | undefined

  constructor(options: StreamReaderOptions) {
    this.#options = options
  }

  async start(listener: InboxListener): Promise<readonly (readonly [string, string])[]> {
    this.#listener = listener
    return [[header.stream, '1']]
  }

  /** Resolves once the stream is open, so that nothing said after the sign-on is missed. */
  async accepted(answer: RvpTransportHead): Promise<void> {
    const path = answer.header(header.stream)
    const url = path === undefined ? null : URL.parse(path, answer.url)
    if (!url || !this.#listener) throw new TransportError('protocol', 'the server does not offer streams')
    await this.#reader?.stop()
    this.#reader = new StreamReader({ url: url.href, direct: answer.direct }, this.#listener, this.#options)
    await this.#reader.start()
  }

  async close(): Promise<void> {
    await this.#reader?.stop()
    this.#reader = undefined
  }
}
