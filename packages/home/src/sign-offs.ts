import { setImmediate as turnEnd } from 'node:timers/promises'
import type { Audience, Clock, Devices, DomainEvents, Nodes, RvpNode, Subscriptions } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'

export interface SignOffsOptions {
  readonly nodes: Nodes
  readonly devices: Pick<Devices, 'dropAll'>
  readonly subscriptions: Pick<Subscriptions, 'endOf' | 'suspend'>
  readonly audience: Pick<Audience, 'end'>
  /** Whether nobody has the URL any more: its user may not use IM, and has no new one. Rejects while nobody can tell. */
  readonly isGone: (url: LogicalUrl) => boolean | Promise<boolean>
  readonly clock: Clock
  readonly events: Pick<DomainEvents, 'backgroundFailed'>
}

const retryMs = 1_000
const nodesAtOnce = 16

/**
 * Ends what users have who may no longer use IM: their devices and views, and what they subscribed to here. Access list, properties and
 * those who watch them stay stored, in case they may again.
 */
export class SignOffs implements Disposable {
  readonly #options: SignOffsOptions
  readonly #waiting = new Set<LogicalUrl>()
  #isRunning = false
  #isClosed = false
  #endPause: () => void = () => {}

  constructor(options: SignOffsOptions) {
    this.#options = options
  }

  /** Signs a user off, if it is gone; in the background, and again until that is done. */
  add(url: LogicalUrl): void {
    this.#waiting.add(url)
    if (this.#isRunning || this.#isClosed) return
    this.#isRunning = true
    this.#run().catch((err: unknown) => this.#options.events.backgroundFailed('sign off disabled users', err))
  }

  [Symbol.dispose](): void {
    this.#isClosed = true
    this.#endPause()
  }

  async #run(): Promise<void> {
    try {
      for (let hasFailed = false; this.#waiting.size > 0 && !this.#isClosed; ) {
        const urls = [...this.#waiting]
        this.#waiting.clear()
        try {
          await this.#signOff(urls)
          hasFailed = false
        } catch (err) {
          if (!hasFailed) this.#options.events.backgroundFailed('sign off disabled users; it is tried again', err)
          hasFailed = true
          for (const url of urls) this.#waiting.add(url)
          await this.#pause()
        }
      }
    } finally {
      this.#isRunning = false
    }
  }

  async #signOff(urls: readonly LogicalUrl[]): Promise<void> {
    const { isGone, nodes, devices, subscriptions } = this.#options
    const gone = new Set<LogicalUrl>()
    for (const url of urls) if (await isGone(url)) gone.add(url)
    if (gone.size === 0) return
    for (const url of gone) {
      const node = nodes.loaded(url)
      if (node?.place !== 'here') continue
      if (node.kind === 'user') await devices.dropAll(node)
      // A group of the directory; those that somebody made are taken out by nobody else.
      else if (node.owner === undefined) await this.#dissolve(node)
    }
    let seen = 0
    for (const node of [...nodes.all()]) {
      if (this.#isClosed) return
      if (node.place === 'here') await subscriptions.endOf(node, gone)
      seen += 1
      if (seen % nodesAtOnce === 0) await turnEnd()
    }
  }

  async #dissolve(node: RvpNode): Promise<void> {
    const { nodes, subscriptions, audience } = this.#options
    audience.end(node.url)
    await subscriptions.suspend(node)
    await nodes.remove(node)
  }

  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.clock.after(retryMs, resolve)
    this.#endPause = resolve
    if (this.#isClosed) resolve()
    await promise
    cancel()
  }
}
