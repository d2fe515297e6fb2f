/** The head of a device's answer. */
export interface CallbackReply {
  readonly status: number
  /** Bytes of the answer's body that are still to come before the connection can serve again. */
  readonly bodyBytesLeft: number
  /**
   * How long the connection may be kept idle; 0 to close it. Kept only where the client counts its body out and says
   * `Connection: keep-alive` in so many words: librvp and Net::RVP send no length, Miranda reads one request per connection
   * without saying so (client-facts §5, 28; §3.2).
   */
  readonly keepMs: number
}

const maxHeadBytes = 8 * 1024
const maxRememberedLength = 512
const maxKeptBodyBytes = 64 * 1024
const endOfHead = /\n\r?\n/
const statusLine = /^HTTP\/1\.[01] ([1-5][0-9][0-9])(?: |\r?$)/
const decimal = /^[0-9]{1,9}$/

/** Reads the head of one answer, which may arrive in any pieces, with CRLF or bare LF (client-facts §3.2). */
export class CallbackReplyReader {
  #text = ''
  #lastText = ''
  #lastReply: CallbackReply | undefined

  /** Whether any byte of the answer has arrived. */
  get hasBegun(): boolean {
    return this.#text !== ''
  }

  /** Takes the next bytes, each a character; `malformed` when they cannot become an answer, or its head is over 8 KiB. */
  read(latin1: string): CallbackReply | 'incomplete' | 'malformed' {
    // NOTE: a kept connection's answers are mostly the same to the byte; reading them anew each time is what a profile shows.
    if (this.#text === '' && latin1 === this.#lastText && this.#lastReply) return this.#lastReply
    this.#text += latin1
    for (;;) {
      const text = this.#text
      const end = endOfHead.exec(text)
      if (!end) return text.length > maxHeadBytes || !couldBeHead(text) ? 'malformed' : 'incomplete'
      const headLength = end.index + end[0].length
      if (headLength > maxHeadBytes) return 'malformed'
      const reply = parseHead(text.slice(0, end.index), text.length - headLength)
      if (!reply) return 'malformed'
      if (reply.status >= 200) {
        if (text.length <= maxRememberedLength) {
          this.#lastText = text
          this.#lastReply = reply
        }
        return reply
      }
      this.#text = text.slice(headLength)
    }
  }

  /** The status of an answer whose sender closed before the empty line: it has spoken, if not finished. */
  statusAtEnd(): number | undefined {
    const [line = '', ...rest] = this.#text.split('\n')
    const status = Number(statusLine.exec(line)?.[1])
    return rest.length > 0 && status >= 200 ? status : undefined
  }

  /** Makes ready for the next answer. */
  restart(): void {
    this.#text = ''
  }
}

/** Whether `text` may still grow into an answer: garbage is refused at once, not when the time is over. */
function couldBeHead(text: string): boolean {
  const start = 'HTTP/1.'
  return text.length < start.length ? start.startsWith(text) : text.startsWith(start)
}

function parseHead(head: string, bytesAfter: number): CallbackReply | undefined {
  const lines = head.split('\n')
  const status = Number(statusLine.exec(lines[0] ?? '')?.[1])
  if (!status) return undefined
  let length: number | undefined
  let mustClose = false
  let saysKeepAlive = false
  let idleSeconds = Number.POSITIVE_INFINITY
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? ''
    const colon = line.indexOf(':')
    const value = line.slice(colon + 1).trim()
    switch (line.slice(0, colon).toLowerCase()) {
      case 'content-length':
        if (length !== undefined || !decimal.test(value)) mustClose = true
        length = Number(value)
        break
      case 'transfer-encoding':
        mustClose = true
        break
      case 'connection': {
        const words = value.toLowerCase().split(/[\s,]+/)
        if (words.includes('close')) mustClose = true
        saysKeepAlive ||= words.includes('keep-alive')
        break
      }
      case 'keep-alive':
        idleSeconds = Number(/timeout=([0-9]{1,6})/i.exec(value)?.[1] ?? idleSeconds)
        break
    }
  }
  const bodyBytesLeft = (length ?? 0) - bytesAfter
  const canKeep =
    saysKeepAlive && !mustClose && length !== undefined && length <= maxKeptBodyBytes && bodyBytesLeft >= 0
  // NOTE: a second less than the client waits, or a NOTIFY could meet its close half-way and be lost.
  const keepMs = canKeep ? Math.max(0, idleSeconds - 1) * 1000 : 0
  return { status, bodyBytesLeft, keepMs }
}
