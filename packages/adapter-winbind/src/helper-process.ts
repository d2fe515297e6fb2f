import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { HelperProtocol } from './helper-protocol.ts'

const maxBytes = 256 * 1024
const maxComplaint = 300

interface Question<Reply> {
  resolve(reply: Reply): void
  reject(error: Error): void
}

/**
 * One running helper. It answers one question at a time, and whatever it says besides ends it: an answer that came late must not be taken
 * for that to the next question.
 */
export class HelperProcess<Reply> implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #protocol: HelperProtocol<Reply>
  #text = ''
  #lines: string[] = []
  #question: Question<Reply> | undefined
  #complaint = ''
  #ended: string | undefined
  readonly #exited: Promise<unknown>

  private constructor(child: ChildProcess, protocol: HelperProtocol<Reply>) {
    this.#child = child
    this.#protocol = protocol
    this.#exited = once(child, 'close').catch(() => undefined)
    child.once('error', (error) => this.#end(`cannot be run (${(error as NodeJS.ErrnoException).code ?? error.name})`))
    child.once('close', (code, signal) => this.#end(`has ended (${signal ?? code})`))
    child.stdin?.on('error', () => undefined)
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#receive(text))
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = `${this.#complaint}${text}`.slice(-maxComplaint)
    })
  }

  static start<Reply>(
    [program, ...words]: readonly [string, ...string[]],
    protocol: HelperProtocol<Reply>,
  ): HelperProcess<Reply> {
    const child = spawn(program, [...words, `--helper-protocol=${protocol.name}`], { stdio: 'pipe' })
    return new HelperProcess(child, protocol)
  }

  get isAlive(): boolean {
    return this.#ended === undefined
  }

  /** Why it is not alive, in words for the log. */
  get obituary(): string {
    const complaint = this.#complaint.replace(/[^\x20-\x7e]+/g, ' ').trim()
    return complaint === '' ? (this.#ended ?? '') : `${this.#ended}: ${complaint}`
  }

  /** Asks; rejects when it ends before it has answered. Only while it is alive, and one question at a time. */
  ask(question: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#question = { resolve, reject }
      this.#child.stdin?.write(question)
    })
  }

  /** Ends it, and with it the question that it is at. */
  kill(why: string): void {
    this.#end(why)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end('is not needed any more')
    await this.#exited
  }

  #receive(text: string): void {
    if (this.#ended !== undefined) return
    this.#text += text
    if (this.#text.length > maxBytes) this.#end('says too much')
    const lines = this.#text.split('\n')
    this.#text = lines.pop() ?? ''
    for (const line of lines) this.#take(line.replace(/\r$/, ''))
  }

  #take(line: string): void {
    if (this.#ended !== undefined || (this.#lines.length === 0 && line === this.#protocol.stray)) return
    const question = this.#question
    if (!question) {
      this.#end('speaks without being asked')
      return
    }
    this.#lines.push(line)
    try {
      const reply = this.#protocol.reply(this.#lines)
      if (reply === undefined) return
      this.#lines = []
      this.#question = undefined
      question.resolve(reply)
    } catch (error) {
      this.#end(`is not understood: ${error instanceof Error ? error.message : 'unknown'}`)
    }
  }

  #end(why: string): void {
    if (this.#ended !== undefined) return
    this.#ended = why
    this.#child.stdin?.end()
    this.#child.kill('SIGKILL')
    this.#question?.reject(new Error(why))
    this.#question = undefined
  }
}
