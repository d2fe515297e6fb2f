import { NodeStoreMemory } from '@parley/domain'
import { composeServe, createLogger, type ServeNode, serveConfig } from '@parley/server'
import { TestInstallation, type TestInstallationOptions } from './test-installation.ts'

/** An installation of one process (`parley serve`). */
export class TestDomain extends TestInstallation {
  readonly #store = new NodeStoreMemory()
  #node: ServeNode | undefined

  static async start(options: TestInstallationOptions = {}): Promise<TestDomain> {
    return await new TestDomain(options).open()
  }

  get urls(): readonly string[] {
    return this.#node?.urls ?? []
  }

  get adminUrl(): string | undefined {
    return this.#node?.adminUrl
  }

  protected async startServers(): Promise<void> {
    const listen = this.config.listen ?? [{ at: this.#node ? new URL(this.url).host : '127.0.0.1:0' }]
    const config = serveConfig.parse({ data: 'memory', users: 'memory', ...this.config, listen })
    this.#node = composeServe(config, {
      clock: this.clock,
      users: this.users,
      store: this.#store,
      logger: createLogger('debug', this.log),
    })
    await this.#node.start()
  }

  protected async endServers(): Promise<void> {
    await this.#node?.[Symbol.asyncDispose]()
  }
}
