import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createServer } from 'node:net'

/**
 * Keeps other processes of this machine out of a directory. The lock is a listening socket with a name in Linux's abstract
 * namespace: the kernel grants it to one process only, and frees it when that process ends in whichever way, so that
 * nothing stale is ever left behind. It does not reach into another network namespace: two containers that share a volume
 * do not see each other's lock.
 */
export class DirectoryLock implements AsyncDisposable {
  readonly #server: ReturnType<typeof createServer>

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server
  }

  /** Undefined when somebody else holds `directory`, by whichever path it was named. */
  static async take(directory: string): Promise<DirectoryLock | undefined> {
    const { dev, ino } = statSync(directory, { bigint: true })
    const server = createServer((socket) => socket.destroy())
    server.listen(`\0parley-store-${dev}-${ino}`)
    try {
      await once(server, 'listening')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined
      throw error
    }
    server.unref()
    return new DirectoryLock(server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }
}
