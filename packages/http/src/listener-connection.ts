import type { Socket } from 'node:net'
import type { HttpConnectionInfo, HttpHandler, HttpRequest, HttpResponse } from './http-message.ts'
import type { ListenerEvents } from './listener-events.ts'
import type { ListenerLimits } from './listener-limits.ts'
import type { ListenerLoad } from './listener-load.ts'
import { StreamSink } from './listener-stream.ts'
import { type ParsedRequest, RequestParser } from './request-parser.ts'
import type { RequestHead } from './request-parser-head.ts'
import { RequestRefusedError } from './request-refused-error.ts'
import { type ConnectionWord, plainResponse, responseHead } from './response-writer.ts'
import { SocketWriter, type TurnEnd } from './socket-writer.ts'

/** What the connections of one listener share. */
export interface ConnectionHost {
  readonly limits: ListenerLimits
  readonly handler: HttpHandler
  readonly events: ListenerEvents
  readonly turnEnd: TurnEnd
  /** Counts sweeps: the time that limits are measured in, which no change of the system's clock disturbs. */
  readonly tick: number
  /** Whether every answer is to be the last of its connection. */
  readonly leaving: boolean
  /** The same, and connections end that have nothing in work. */
  readonly draining: boolean
  /** Bytes of unfinished requests over all connections; each adds and takes away its own. */
  bufferedBytes: number
  /** What is in work over all connections; each counts its own. */
  readonly load: ListenerLoad
}

/**
 * `serving` reads requests; `handling` awaits an answer of the handler; `blocked` awaits the peer to take answers;
 * `streaming` sends an answer without an end; `closing` has sent its last and waits for the peer to close.
 */
type State = 'serving' | 'handling' | 'blocked' | 'streaming' | 'closing' | 'closed'

/** One connection: its requests are answered one after another, in order. */
export class Connection {
  readonly info: HttpConnectionInfo
  readonly #host: ConnectionHost
  readonly #socket: Socket
  readonly #writer: SocketWriter
  #parser: RequestParser | undefined
  #sink: StreamSink | undefined
  #state: State = 'serving'
  #peerEnded = false
  /** The tick after which the connection's time is up. */
  #deadline: number
  /** The tick at which the request that is being read began. */
  #begun: number | undefined
  #bufferedBytes = 0
  #lingered = 0

  constructor(host: ConnectionHost, socket: Socket, info: HttpConnectionInfo) {
    this.#host = host
    this.#socket = socket
    this.info = info
    this.#writer = new SocketWriter(socket, host.turnEnd)
    this.#parser = new RequestParser(host.limits)
    this.#deadline = this.#in(host.limits.idleMs)
  }

  /** Takes input. */
  receive(chunk: Buffer): void {
    if (this.#parser) {
      this.#parser.push(chunk)
      if (this.#state === 'serving') this.#serve()
      else this.#keepWaiting(this.#parser.bufferedBytes)
    } else if (this.#state === 'closing') {
      this.#lingered += chunk.length
      if (this.#lingered > this.#host.limits.lingerBytes) this.#socket.destroy()
    }
  }

  /** The peer sends no more, though it may still read. */
  peerEnded(): void {
    this.#peerEnded = true
    if (this.#state === 'serving') this.#close()
    else if (this.#state === 'streaming') this.#socket.destroy()
  }

  /** The socket is gone. */
  closed(): void {
    this.#state = 'closed'
    this.#dropParser()
    this.#writer.drop()
    if (!this.#sink) return
    this.#host.load.streams -= 1
    this.#sink.closed()
  }

  /** Closes when nothing is in work, else after the answer that is; a stream ends. */
  drain(): void {
    if (this.#sink) this.#sink.end()
    else if (this.#state === 'serving' && this.#parser?.phase === 'idle') {
      if (this.#socket.writableLength === 0) this.#socket.destroy()
      else this.#close()
    }
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** Looks whether the connection's time is up. */
  sweep(): void {
    if (this.#host.tick <= this.#deadline) return
    if (this.#state === 'serving' && this.#parser?.phase !== 'idle') {
      this.#refuse(new RequestRefusedError(408, 'the request took too long to arrive'))
    } else {
      this.#socket.destroy()
    }
  }

  endStream(): void {
    this.#close()
  }

  destroyStream(): void {
    this.#socket.destroy()
  }

  #serve(): void {
    while (this.#state === 'serving') {
      const parsed = this.#next()
      if (!parsed) break
      this.#begun = undefined
      this.#handle(parsed)
    }
    if (this.#state === 'serving') this.#awaitMore()
  }

  #next(): ParsedRequest | undefined {
    try {
      return this.#parser?.next()
    } catch (err) {
      this.#refuse(err)
      return undefined
    }
  }

  /** Everything that is complete has been answered. */
  #awaitMore(): void {
    const { limits, tick } = this.#host
    this.#writer.flush()
    if (this.#socket.isPaused()) this.#socket.resume()
    const phase = this.#parser?.phase ?? 'idle'
    if (this.#peerEnded || (phase === 'idle' && this.#host.draining)) {
      this.#close()
    } else if (phase === 'idle') {
      this.#hold(0)
      this.#deadline = this.#in(limits.idleMs)
    } else {
      const came = this.#parser?.bufferedBytes ?? 0
      const bodyMs = limits.requestMs + (1000 * came) / limits.bodyBytesPerSecond
      this.#begun ??= tick
      this.#deadline = this.#in(phase === 'head' ? limits.headMs : bodyMs, this.#begun)
      this.#hold(came)
      if (this.#host.bufferedBytes > limits.bufferedBytes) {
        this.#refuse(new RequestRefusedError(503, 'too much is being received'))
      }
    }
  }

  #handle({ head, body }: ParsedRequest): void {
    const { method, target, headers } = head
    const request: HttpRequest = { method, target, headers, body, connection: this.info }
    let answer: HttpResponse | Promise<HttpResponse>
    try {
      answer = this.#host.handler(request)
    } catch (err) {
      answer = this.#failed(err, request)
    }
    if (answer instanceof Promise) this.#awaitAnswer(answer, request, head)
    else this.#answer(answer, request, head)
  }

  /** What came while an earlier request is in work. */
  #keepWaiting(bytes: number): void {
    this.#hold(bytes)
    if (bytes > this.#host.limits.waitingBytes) this.#socket.pause()
  }

  #awaitAnswer(answer: Promise<HttpResponse>, request: HttpRequest, head: RequestHead): void {
    this.#state = 'handling'
    this.#deadline = Number.POSITIVE_INFINITY
    // Answers that are ready must not wait for this one; if it is ready within this turn, they go out together.
    this.#writer.flushSoon()
    const { load } = this.#host
    load.requests += 1
    const resume = (response: HttpResponse) => {
      load.requests -= 1
      if (this.#state !== 'handling') {
        this.#abandon(response, request)
        return
      }
      this.#state = 'serving'
      this.#answer(response, request, head)
      this.#serve()
    }
    answer.then(resume, (err) => resume(this.#failed(err, request)))
  }

  #failed(err: unknown, request: HttpRequest): HttpResponse {
    this.#host.events.handlerFailed(err, request)
    return plainResponse(500)
  }

  #answer(response: HttpResponse, request: HttpRequest, head: RequestHead): void {
    let word: ConnectionWord
    try {
      word = this.#wordFor(response, head)
      this.#queue(response, word, request.method === 'HEAD')
    } catch (err) {
      this.#abandon(response, request)
      this.#answer(this.#failed(err, request), request, head)
      return
    }
    if (response.stream) this.#stream(response.stream, request)
    else if (word === 'close') this.#close()
    else if (this.#socket.writableNeedDrain) this.#block()
  }

  #wordFor(response: HttpResponse, head: RequestHead): ConnectionWord {
    if (response.close || response.stream || !head.keepAlive || this.#host.leaving) return 'close'
    return head.http10 ? 'keep-alive' : ''
  }

  /** Queues an answer, or nothing when it throws because the answer cannot be sent. */
  #queue(response: HttpResponse, word: ConnectionWord, headOnly: boolean): void {
    const body = response.body ?? ''
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    const head = responseHead(response, response.stream ? undefined : length, word)
    if (headOnly || response.stream || length === 0) {
      this.#writer.add(head)
    } else if (typeof body === 'string') {
      this.#writer.add(head + body)
    } else {
      this.#writer.add(head)
      this.#writer.addBytes(body)
    }
  }

  /** Serves no further request until the peer has taken the answers it has got. */
  #block(): void {
    this.#state = 'blocked'
    this.#deadline = this.#in(this.#host.limits.writeMs)
    this.#socket.once('drain', () => {
      if (this.#state !== 'blocked') return
      this.#state = 'serving'
      this.#serve()
    })
  }

  #stream(stream: (sink: StreamSink) => void, request: HttpRequest): void {
    this.#state = 'streaming'
    this.#deadline = Number.POSITIVE_INFINITY
    this.#dropParser()
    this.#writer.flushSoon()
    // What the peer still sends is read, else we would not see it go.
    if (this.#socket.isPaused()) this.#socket.resume()
    this.#sink = new StreamSink(this, this.#writer)
    this.#host.load.streams += 1
    try {
      stream(this.#sink)
    } catch (err) {
      this.#host.events.handlerFailed(err, request)
      this.#socket.destroy()
    }
    if (this.#peerEnded) this.#socket.destroy()
    else if (this.#host.draining) this.#sink.end()
  }

  /** Lets the writer of a stream know that nobody will read it. */
  #abandon(response: HttpResponse | undefined, request: HttpRequest): void {
    if (!response?.stream) return
    const sink = new StreamSink(this, this.#writer)
    sink.closed()
    try {
      response.stream(sink)
    } catch (err) {
      this.#host.events.handlerFailed(err, request)
    }
  }

  #refuse(err: unknown): void {
    const refused = err instanceof RequestRefusedError ? err : new RequestRefusedError(500, 'internal error')
    this.#host.events.requestRefused(refused.status, refused.publicMessage, this.info)
    this.#queue(plainResponse(refused.status, refused.publicMessage), 'close', false)
    this.#close()
  }

  /** Sends what is queued and our end of the connection, then reads on for a while: closing on unread input would reset it. */
  #close(): void {
    this.#state = 'closing'
    this.#dropParser()
    this.#writer.flush()
    this.#socket.end()
    const { lingerMs, writeMs } = this.#host.limits
    this.#deadline = this.#in(this.#socket.writableLength > 0 ? writeMs : lingerMs)
    if (this.#socket.isPaused()) this.#socket.resume()
  }

  #dropParser(): void {
    this.#parser = undefined
    this.#hold(0)
  }

  #hold(bytes: number): void {
    this.#host.bufferedBytes += bytes - this.#bufferedBytes
    this.#bufferedBytes = bytes
  }

  #in(ms: number, from = this.#host.tick): number {
    return from + Math.ceil(ms / this.#host.limits.sweepMs)
  }
}
