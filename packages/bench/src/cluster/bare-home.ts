import { HomeLeasesRedis } from '@parley/adapter-redis'
import type { HomeName } from '@parley/domain'
import { CallbackSink } from '../callback-sink.ts'
import type { BenchCluster } from './cluster.ts'

/** Longer than any run. */
const lifetimeMs = 7_200_000

/** A holder of a home that answers whatever it is asked with an empty 200 at once: what is behind a router must not be what is measured. */
export class BareHome implements AsyncDisposable {
  readonly #sink: CallbackSink

  private constructor(sink: CallbackSink) {
    this.#sink = sink
  }

  /** Takes a home that nobody holds. */
  static async open(cluster: BenchCluster, home: HomeName): Promise<BareHome> {
    const sink = await CallbackSink.open()
    const holder = { id: 'bare', clusterUrl: `http://127.0.0.1:${sink.port}` }
    const taken = await new HomeLeasesRedis(cluster.connection).take(home, holder, lifetimeMs)
    if (taken === undefined) throw new Error(`somebody holds ${home}`)
    return new BareHome(sink)
  }

  get port(): number {
    return this.#sink.port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sink[Symbol.asyncDispose]()
  }
}
