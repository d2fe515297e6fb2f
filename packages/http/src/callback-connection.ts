import { Socket } from 'node:net'
import type { CallbackNetwork } from './callback-network.ts'
import { type CallbackReply, CallbackReplyReader } from './callback-reply.ts'
import type { CallbackRequest } from './callback-request.ts'
import type { Perishable } from './notify-deadlines.ts'

/** How a request to a device ended. */
export type CallbackAnswer =
  /** It answered with this HTTP status. */
  | number
  /** It answered, but not in HTTP. */
  | 'malformed'
  /** It is connected, and silent. */
  | 'timed-out'
  /** Its port is closed. */
  | 'refused'
  /** Nobody takes the connection. */
  | 'unconnected'
  /** The connection broke before the answer was there. */
  | 'lost'
  /** The same, before any byte of the answer, on a connection that was kept from before: it may have been closed all along. */
  | 'stale'
  /** The connection could not be made for a want of our own, which says nothing about the device. */
  | 'local'
  /** Nothing was sent: by the time that the device took the connection, nothing was to be sent any more. */
  | 'withheld'

/** Who uses a connection. */
export interface CallbackConnectionUser {
  /** Whether the request may go out now that the device has taken the connection. */
  mayDeliver(): boolean
  /** Called once for each request, as soon as the head of the answer is read (client-facts §5, 28). */
  answered(answer: CallbackAnswer): void
  /** The connection is kept and takes another request. */
  idle(): void
  /** The socket is closed; called once, after `answered` of the last request. */
  closed(): void
}

const ourOwnFailures = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL', 'EACCES', 'EPERM'])
const readBytes = 1024

/** One TCP connection to a device, made for one request, and kept for more only where the client says so. Has a slot. */
export class CallbackConnection implements Perishable {
  readonly #network: CallbackNetwork
  readonly #user: CallbackConnectionUser
  readonly #socket: Socket
  readonly #reply = new CallbackReplyReader()
  #phase: 'asking' | 'skipping' | 'idle' | 'closing' = 'asking'
  /** Goes out once the device has taken the connection. */
  #first: CallbackRequest | undefined
  /** When the present phase has taken too long. */
  dueTick = 0
  #isConnected = false
  #isKept = false
  #keepMs = 0
  #bodyBytesLeft = 0
  #error = ''

  constructor(network: CallbackNetwork, user: CallbackConnectionUser) {
    this.#network = network
    this.#user = user
    this.#socket = new Socket({
      onread: {
        buffer: Buffer.allocUnsafe(readBytes),
        callback: (length, buffer) => {
          this.#read(buffer as Buffer, length)
          return true
        },
      },
    })
    this.#socket.on('connect', () => this.#connected())
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      this.#error = error.code ?? 'unknown'
    })
    this.#socket.on('close', () => this.#closed())
  }

  /** Connects and sends. The caller holds a slot for it, which the connection gives back. */
  open(target: { address: string; port: number }, request: CallbackRequest): void {
    this.#limit(this.#network.limits.connectMs)
    this.#network.connections.add(this)
    this.#first = request
    this.#socket.connect({ host: target.address, port: target.port })
    this.#socket.setNoDelay(true)
  }

  get isIdle(): boolean {
    return this.#phase === 'idle'
  }

  /** Sends another request over an idle connection. */
  send(request: CallbackRequest): void {
    this.#phase = 'asking'
    this.#reply.restart()
    this.#limit(this.#network.limits.answerMs)
    this.#socket.write(request.text, request.encoding)
  }

  overdue(): void {
    if (this.#phase === 'asking') this.#abandon(this.#isConnected ? 'timed-out' : 'unconnected')
    else this.destroy()
  }

  /** Closes without another word to the user but `closed`. */
  destroy(): void {
    this.#phase = 'closing'
    this.#socket.destroy()
  }

  #connected(): void {
    this.#isConnected = true
    const request = this.#first
    this.#first = undefined
    if (this.#phase !== 'asking' || !request) return
    if (!this.#user.mayDeliver()) {
      this.#abandon('withheld')
      return
    }
    this.#limit(this.#network.limits.answerMs)
    this.#socket.write(request.text, request.encoding)
  }

  #read(buffer: Buffer, length: number): void {
    switch (this.#phase) {
      case 'asking':
        this.#readHead(buffer.toString('latin1', 0, length))
        break
      case 'skipping':
        this.#bodyBytesLeft -= length
        if (this.#bodyBytesLeft < 0) this.destroy()
        else if (this.#bodyBytesLeft === 0) this.#becomeIdle()
        break
      case 'idle':
        // Nobody asked: what it would say next could be taken for the answer to another NOTIFY.
        this.destroy()
        break
      case 'closing':
        break
    }
  }

  #readHead(text: string): void {
    const reply = this.#reply.read(text)
    if (reply === 'incomplete') return
    if (reply === 'malformed') {
      this.#abandon('malformed')
      return
    }
    const isKept = this.#keep(reply)
    this.#bodyBytesLeft = reply.bodyBytesLeft
    this.#phase = isKept ? 'skipping' : 'closing'
    this.#limit(this.#network.limits.closingMs)
    this.#user.answered(reply.status)
    // The user may have closed the connection by now.
    if (!isKept) this.#close()
    else if (this.#phase === 'skipping' && this.#bodyBytesLeft === 0) this.#becomeIdle()
  }

  #keep(reply: CallbackReply): boolean {
    if (this.#isKept) return reply.keepMs > 0
    if (reply.keepMs === 0 || !this.#network.canKeep) return false
    this.#isKept = true
    this.#keepMs = Math.min(reply.keepMs, this.#network.limits.idleMs)
    this.#network.keep()
    return true
  }

  #becomeIdle(): void {
    this.#phase = 'idle'
    this.#limit(this.#keepMs)
    this.#user.idle()
  }

  /**
   * NOTE: says that we are done and waits a little for the other side to close, reading what it still sends. Closing with
   * unread bytes would reset the connection, and a reset kills a Perl client that is still writing its answer's body.
   */
  #close(): void {
    if (!this.#socket.destroyed) this.#socket.end()
  }

  #limit(ms: number): void {
    this.dueTick = this.#network.deadlines.tickAfter(ms)
  }

  #abandon(answer: CallbackAnswer): void {
    this.#answer(answer)
    this.#socket.destroy()
  }

  #answer(answer: CallbackAnswer): void {
    if (this.#phase !== 'asking') return
    this.#phase = 'closing'
    this.#user.answered(answer)
  }

  #closed(): void {
    if (this.#phase === 'asking') this.#answer(this.#failure())
    this.#phase = 'closing'
    this.#network.connections.remove(this)
    if (this.#isKept) this.#network.unkeep()
    else this.#network.slots.release()
    this.#user.closed()
  }

  #failure(): CallbackAnswer {
    if (!this.#isConnected) return connectFailure(this.#error)
    if (this.#isKept && !this.#reply.hasBegun) return 'stale'
    return this.#reply.statusAtEnd() ?? 'lost'
  }
}

/** What a failed attempt to connect says about the device. */
export function connectFailure(errorCode: string): 'refused' | 'unconnected' | 'local' {
  if (errorCode === 'ECONNREFUSED') return 'refused'
  return ourOwnFailures.has(errorCode) ? 'local' : 'unconnected'
}
