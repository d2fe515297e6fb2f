import { setTimeout } from 'node:timers/promises'
import { ProgramRunner } from './program-runner.ts'
import type { Runner, ServerSetup } from './runner.ts'
import type { RunningServer } from './running-server.ts'

const patienceMs = 20_000
const betweenQuestionsMs = 15

/** Whether a server answers as one that is ready does; it may also throw for "not yet". */
export type Question = (signal: AbortSignal) => Promise<boolean>

/** A server that runs from a program or in a container; which of them makes no difference here. */
export class LaunchedServer implements RunningServer {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly url: string
  readonly #product: string
  readonly #runner: Runner
  readonly #isReady: Question

  private constructor({ product }: ServerSetup, port: number, runner: Runner, isReady: Question) {
    this.port = port
    this.url = `${product}://${this.host}:${port}`
    this.#product = product
    this.#runner = runner
    this.#isReady = isReady
  }

  /** Starts a server whose clients come to `port`, and waits until it is ready. */
  static async launch(setup: ServerSetup, port: number, isReady: Question): Promise<LaunchedServer> {
    const server = new LaunchedServer(setup, port, await ProgramRunner.create(setup), isReady)
    try {
      await server.#start()
    } catch (error) {
      await server[Symbol.asyncDispose]()
      throw error
    }
    return server
  }

  get from(): 'docker' | 'program' {
    return this.#runner.from
  }

  async kill(): Promise<void> {
    await this.#runner.kill()
  }

  async pause(): Promise<void> {
    await this.#runner.pause()
  }

  async resume(): Promise<void> {
    await this.#runner.resume()
  }

  async restart(): Promise<void> {
    await this.kill()
    await this.#start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner[Symbol.asyncDispose]()
  }

  async #start(): Promise<void> {
    await this.#runner.start()
    await until(`${this.#product} on port ${this.port} is ready`, async (signal) => {
      const obituary = await this.#runner.obituary()
      if (obituary !== undefined) throw new Error(`${this.#product} ended at its start:\n${obituary}`)
      return await this.#isReady(signal).catch(() => false)
    })
  }
}

/** Asks again and again until the answer is yes; rejects when that takes too long, or with what `question` throws. */
export async function until(what: string, question: Question): Promise<void> {
  const deadline = AbortSignal.timeout(patienceMs)
  while (!(await question(AbortSignal.any([deadline, AbortSignal.timeout(1_000)])))) {
    if (deadline.aborted) throw new Error(`waited ${patienceMs} ms in vain until ${what}`)
    await setTimeout(betweenQuestionsMs)
  }
}
