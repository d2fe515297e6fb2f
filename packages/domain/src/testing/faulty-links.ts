import { type LogicalUrl, UnavailableError } from '@parley/protocol'
import type { ManualClock } from '../clock-manual.ts'
import type { HomeName } from '../home-name.ts'
import type { HomeBeat, StatusBus, StatusChange } from '../status-bus.ts'
import { StatusBusMemory } from '../status-bus-memory.ts'

/** What is between the homes of a cluster under test, and how it fails. */
export class FaultyLinks {
  readonly #clock: ManualClock
  readonly #bus = new StatusBusMemory()
  readonly #lossListeners = new Set<() => void>()
  /** Whether the bus carries nothing at all. */
  isBusDead = false
  /** Whether this message of the bus is lost on its way to a home. */
  loses: (to: HomeName) => boolean = () => false
  /** What becomes of a call between homes. */
  calls: (from: HomeName, to: HomeName) => 'answered' | 'lost' | 'answer lost' = () => 'answered'
  /** How long a call and a message take; 0 for at once. */
  callMs = 0
  busMs = 0
  /** Changes that were published, whoever heard them. */
  readonly published: StatusChange[] = []

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  /** The bus as one home sees it. */
  busOf(home: HomeName): StatusBus {
    const arriving =
      <Message>(listener: (message: Message) => void) =>
      (message: Message): void => {
        if (this.isBusDead || this.loses(home)) return
        if (this.busMs === 0) listener(message)
        else this.#clock.after(this.busMs, () => listener(message))
      }
    return {
      publish: (change: StatusChange) => {
        this.published.push(change)
        this.#bus.publish(change)
      },
      watch: (node: LogicalUrl, listener: (change: StatusChange) => void) => this.#bus.watch(node, arriving(listener)),
      beat: (to: HomeName, beat: HomeBeat) => this.#bus.beat(to, beat),
      onBeat: (to: HomeName, listener: (beat: HomeBeat) => void) => this.#bus.onBeat(to, arriving(listener)),
      onLoss: (listener: () => void) => {
        this.#lossListeners.add(listener)
        return () => this.#lossListeners.delete(listener)
      },
    }
  }

  /** Every home hears that it may have lost something. */
  reportLoss(): void {
    for (const listener of this.#lossListeners) listener()
  }

  /** Does `work` at another home, with what a connection may do to it. */
  async call<T>(from: HomeName, to: HomeName, work: () => Promise<T>): Promise<T> {
    await this.#wait()
    const fate = this.calls(from, to)
    if (fate === 'lost') throw new UnavailableError('nobody answers')
    const result = structuredClone(await work())
    await this.#wait()
    if (fate === 'answer lost') throw new UnavailableError('the answer is lost')
    return result
  }

  async #wait(): Promise<void> {
    if (this.callMs > 0) await new Promise<void>((resolve) => this.#clock.after(this.callMs, resolve))
  }
}
