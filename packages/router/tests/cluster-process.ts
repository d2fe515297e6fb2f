import { type HomeName, type InboxEvents, systemClock, systemIds } from '@parley/domain'
import {
  type ClusterKeys,
  createClusterEndpoint,
  type HeldHome,
  type Listener,
  openListener,
  type RvpRequest,
  StreamHub,
} from '@parley/http'

const quietInbox: InboxEvents = { reachable() {}, unreachable() {}, reset() {} }
const quietListener = {
  connectionOpened() {},
  connectionClosed() {},
  connectionRefused() {},
  requestRefused() {},
  handlerFailed() {},
  acceptFailed() {},
}

/** Opens a listener on loopback with `handler`. */
export async function listen(handler: Parameters<typeof openListener>[0]['handler']): Promise<Listener> {
  return await openListener({ address: '127.0.0.1', port: 0, clock: systemClock, events: quietListener, handler })
}

/** A process of a cluster: its real endpoint, and homes that answer 207 and remember what they were asked. */
export class ClusterProcess implements AsyncDisposable {
  readonly requests: RvpRequest[] = []
  readonly #held: Map<HomeName, HeldHome>
  readonly #streams: StreamHub
  readonly #listener: Listener

  private constructor(held: Map<HomeName, HeldHome>, streams: StreamHub, listener: Listener) {
    this.#held = held
    this.#streams = streams
    this.#listener = listener
  }

  static async open(keys: ClusterKeys): Promise<ClusterProcess> {
    const held = new Map<HomeName, HeldHome>()
    const streams = new StreamHub({ clock: systemClock, ids: systemIds })
    const handler = createClusterEndpoint({
      held: (home) => held.get(home),
      keys,
      clock: systemClock,
      domains: [{ domain: 'im.example.com', aliases: [] }],
      streams,
      events: { requestFinished() {}, identityRefused() {} },
    })
    return new ClusterProcess(held, streams, await listen(handler))
  }

  get url(): string {
    return this.#listener.url
  }

  hold(home: HomeName): void {
    const never = async (): Promise<never> => {
      throw new Error('nobody calls this')
    }
    this.#held.set(home, {
      epoch: 1,
      service: {
        handle: async (request) => {
          this.requests.push(request)
          return { status: 207, headers: [['X-Process', this.url]], xml: '<d/>' }
        },
      },
      peers: { report: never, changesSince: never, adopt: never, moveNode: never },
      serves: () => true,
    })
  }

  giveUp(home: HomeName): void {
    this.#held.delete(home)
  }

  /** Makes a stream at this process. */
  openStream(token: string): void {
    this.#streams.open(token, quietInbox)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#streams.drain()
    await this.#listener[Symbol.asyncDispose]()
  }
}
