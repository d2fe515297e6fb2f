import { announce, createRunner } from './choice.ts'
import type { Runner, ServerSetup } from './runner.ts'
import type { RunningServer } from './running-server.ts'
import { until } from './until.ts'

/** The version that a server tells once it is ready; undefined, or a rejection, as long as it is not. */
export type VersionQuestion = (signal: AbortSignal) => Promise<string | undefined>

/** A server that runs from a program or in a container; which of them makes no difference here. */
export class LaunchedServer implements RunningServer {
  readonly host = '127.0.0.1'
  readonly port: number
  readonly url: string
  readonly #product: string
  readonly #runner: Runner
  readonly #askVersion: VersionQuestion

  private constructor(product: string, port: number, runner: Runner, askVersion: VersionQuestion) {
    this.port = port
    this.url = `${product}://${this.host}:${port}`
    this.#product = product
    this.#runner = runner
    this.#askVersion = askVersion
  }

  /** Starts a server whose clients come to `port`, and waits until it is ready. */
  static async launch(setup: ServerSetup, port: number, askVersion: VersionQuestion): Promise<LaunchedServer> {
    await using started = new AsyncDisposableStack()
    const runner = await createRunner(setup)
    const server = started.use(new LaunchedServer(setup.product, port, runner, askVersion))
    announce(setup, runner, await server.#start())
    started.move()
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

  /** Resolves with the version that runs. */
  async #start(): Promise<string> {
    await this.#runner.start()
    let version: string | undefined
    await until(`${this.#product} on port ${this.port} is ready`, async (signal) => {
      const obituary = await this.#runner.obituary()
      if (obituary !== undefined) throw new Error(`${this.#product} ended at its start:\n${obituary}`)
      version = await this.#askVersion(signal).catch(() => undefined)
      return version !== undefined
    })
    return version ?? ''
  }
}
