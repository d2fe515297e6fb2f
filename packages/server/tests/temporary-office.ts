import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addUser } from '@parley/adapter-file'
import { composeServe } from '../src/compose-serve.ts'
import { type ServeConfig, type ServeConfigInput, serveConfig } from '../src/config.ts'

/** A directory with a users file and, once served, a store, all of which goes with its scope. */
export class TemporaryOffice implements AsyncDisposable {
  readonly domain = 'im.example.com'
  readonly path: string
  readonly #open = new AsyncDisposableStack()

  private constructor(path: string) {
    this.path = path
    this.#open.defer(() => rm(path, { recursive: true }))
  }

  /** Users are enabled; the password of each is its name. */
  static async open(names: readonly string[] = []): Promise<TemporaryOffice> {
    const office = new TemporaryOffice(await mkdtemp(join(tmpdir(), 'parley-office-')))
    for (const name of names) {
      await addUser(office.file('users.yaml'), { name, password: name, enabled: true, domains: [office.domain] })
    }
    return office
  }

  file(name: string): string {
    return join(this.path, name)
  }

  config(more: Partial<ServeConfigInput> = {}): ServeConfig {
    return serveConfig.parse({
      domains: [{ name: this.domain }],
      listen: [{ at: '127.0.0.1:0' }],
      data: this.file('data'),
      users: this.file('users.yaml'),
      log: { level: 'silent' },
      ...more,
    })
  }

  /** Serves until the scope ends; resolves with the URL. */
  async serve(): Promise<string> {
    const [url = ''] = await this.serveAll(this.config())
    return url
  }

  /** The same for any configuration; resolves with the URL of each listener. */
  async serveAll(config: ServeConfig): Promise<readonly string[]> {
    const node = this.#open.use(composeServe(config))
    await node.start()
    return node.urls
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }
}
