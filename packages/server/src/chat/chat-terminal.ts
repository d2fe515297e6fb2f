import { once } from 'node:events'
import { clearLine, createInterface, cursorTo, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** Where lines come from and go to. */
export interface ChatTerminalOptions {
  readonly input: Readable
  readonly output: Writable
  /** Whether a person sits there: then there are a prompt, editing and completion. */
  readonly interactive: boolean
  readonly complete: (line: string) => readonly string[]
}

/** Lines in and out, with a person or without. Text that is shown while the person types does not disturb the line. */
export class ChatTerminal {
  readonly #options: ChatTerminalOptions
  readonly #readline: Interface
  readonly #lines: AsyncIterator<string>
  #isClosed = false
  #isPrompting = false

  constructor(options: ChatTerminalOptions) {
    const { input, output, interactive, complete } = options
    this.#options = options
    this.#readline = createInterface(
      interactive
        ? { input, output, terminal: true, completer: (line: string) => [[...complete(line)], line], prompt: '> ' }
        : { input, terminal: false },
    )
    // From the start, or lines that come before anybody asks would be lost.
    this.#lines = this.#readline[Symbol.asyncIterator]()
    this.#readline.once('close', () => {
      this.#isClosed = true
    })
    // On a terminal in raw mode Ctrl-C is no signal.
    this.#readline.on('SIGINT', () => this.close())
  }

  show(text: string): void {
    const { output, interactive } = this.#options
    if (!interactive || !this.#isPrompting || this.#isClosed) {
      output.write(`${text}\n`)
      return
    }
    cursorTo(output, 0)
    clearLine(output, 0)
    output.write(`${text}\n`)
    this.#readline.prompt(true)
  }

  /** Asks for the next line, undefined at the end; `recipient` is shown so that nobody writes to the wrong one. */
  async ask(recipient: string | undefined): Promise<string | undefined> {
    if (this.#options.interactive && !this.#isClosed) {
      this.#isPrompting = true
      this.#readline.setPrompt(recipient === undefined ? '> ' : `${recipient}> `)
      this.#readline.prompt()
    }
    const { value, done } = await this.#lines.next()
    this.#isPrompting = false
    return done ? undefined : value
  }

  /** Whoever asks hears of the end. Idempotent. */
  close(): void {
    if (this.#isPrompting && !this.#isClosed) this.#options.output.write('\n')
    this.#readline.close()
  }
}

/** Asks a person for a secret, which is not shown. Undefined when input ends, or on Ctrl-C. */
export async function askSecretly(question: string, input: Readable, output: Writable): Promise<string | undefined> {
  // Without an output of its own, readline edits the line and shows nothing.
  const readline = createInterface({ input, terminal: true })
  // NOTE: only now is the terminal in raw mode; whoever types at once upon the question must not see the secret echoed.
  output.write(question)
  readline.once('SIGINT', () => readline.close())
  const ended = new AbortController()
  const line = once(readline, 'line', { signal: ended.signal }).then(
    ([text]) => String(text),
    () => undefined,
  )
  readline.once('close', () => ended.abort())
  const secret = await line
  readline.close()
  output.write('\n')
  return secret
}
