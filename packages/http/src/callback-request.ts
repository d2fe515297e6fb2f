import { isIP } from 'node:net'
import { BadRequestError, header, notificationsVersion, xmlContentType } from '@parley/protocol'

/** Where a device listens: a pinned address that was judged before (promise 6); `host` is only for the Host header. */
export interface CallbackTarget {
  readonly host: string
  readonly address: string
  readonly port: number
  readonly path: string
}

const visibleAscii = /^[\x21-\x7e]+$/

/**
 * The part that all NOTIFYs to one device begin with (client-facts §5, 28), up to the hop count's value. Throws
 * BadRequestError for a target that could change the request's meaning or would have to be resolved.
 *
 * NOTE: There is no Connection header, neither `close` nor `keep-alive`: it is the form that RVP §5.6.1 prints and that
 * librvp, Net::RVP and Miranda were written for. In HTTP/1.1 its absence lets a client keep the connection if it likes; that
 * it does, it must say itself (see `CallbackReply.keepMs`), since those three read only one request per connection.
 * RVP-Ack-Type is absent because the device is the last receiver: it has nobody to wait for (RVP §5.6).
 */
export function callbackRequestHead(target: CallbackTarget): string {
  const { host, address, port, path } = target
  if (isIP(address) === 0) throw new BadRequestError('Call-Back is not pinned to an address')
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535)) throw new BadRequestError('Call-Back has no valid port')
  if (!(visibleAscii.test(host) && visibleAscii.test(path) && path.startsWith('/'))) {
    throw new BadRequestError('Call-Back has characters that a request cannot carry')
  }
  return (
    `NOTIFY ${path} HTTP/1.1\r\n${header.host}: ${host}\r\n` +
    `${header.notificationsVersion}: ${notificationsVersion}\r\n` +
    `${header.contentType}: ${xmlContentType}\r\n${header.hopCount}: `
  )
}

/** A whole NOTIFY. */
export interface CallbackRequest {
  readonly text: string
  /** `latin1` where every character is ASCII, which Node writes faster. */
  readonly encoding: 'latin1' | 'utf8'
}

/** Completes a NOTIFY whose head `callbackRequestHead` made. */
export function callbackRequest(head: string, hops: number, body: string): CallbackRequest {
  const bytes = Buffer.byteLength(body)
  return {
    text: `${head}${hops}\r\n${header.contentLength}: ${bytes}\r\n\r\n${body}`,
    encoding: bytes === body.length ? 'latin1' : 'utf8',
  }
}
