import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { parseHomeName } from '../home-name.ts'
import type { HomeBeat, StatusBus, StatusChange } from '../status-bus.ts'

/** Two ends of one bus, which may be the same: what `publisher` says, `watcher` hears. */
export interface StatusBusUnderTest {
  readonly publisher: StatusBus
  readonly watcher: StatusBus
  /** Resolves once each watch is in effect, and all that was published has reached its listeners. */
  settled(): Promise<void>
}

/** What every status bus does. `open` gives one that nobody watches. */
export function statusBusContract(open: () => Promise<StatusBusUnderTest>): void {
  const alice = userUrl('im.example.com', 'alice')
  const bob = userUrl('im.example.com', 'bob')
  const oslo = parseHomeName('oslo-1')
  const change = (sequence: number, node = alice): StatusChange => ({ node, epoch: 1, sequence, state: 'busy' })
  const beat = (published: number): HomeBeat => ({ from: parseHomeName('hq-1'), epoch: 1, published, change: 40 })

  describe('StatusBus contract', () => {
    it('brings each change of a node to each of its listeners once, in order', async () => {
      const { publisher, watcher, settled } = await open()
      const first: StatusChange[] = []
      const second: StatusChange[] = []
      watcher.watch(alice, (heard) => first.push(heard))
      watcher.watch(alice, (heard) => second.push(heard))
      await settled()
      for (const sequence of [1, 2, 3]) publisher.publish(change(sequence))
      await settled()
      expect(first).toEqual([change(1), change(2), change(3)])
      expect(second).toEqual(first)
    })

    it('brings the trace of a change along with it', async () => {
      const { publisher, watcher, settled } = await open()
      const heard: StatusChange[] = []
      watcher.watch(alice, (each) => heard.push(each))
      await settled()
      const traced = { ...change(1), trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }
      publisher.publish(traced)
      publisher.publish(change(2))
      await settled()
      expect(heard).toEqual([traced, change(2)])
    })

    it('keeps nodes apart', async () => {
      const { publisher, watcher, settled } = await open()
      const heard: StatusChange[] = []
      watcher.watch(alice, (each) => heard.push(each))
      await settled()
      publisher.publish(change(1, bob))
      await settled()
      expect(heard).toEqual([])
    })

    it('tells a listener nothing from before it watched, nor after it stopped', async () => {
      const { publisher, watcher, settled } = await open()
      const heard: StatusChange[] = []
      publisher.publish(change(1))
      await settled()
      const stop = watcher.watch(alice, (each) => heard.push(each))
      await settled()
      publisher.publish(change(2))
      await settled()
      stop()
      stop()
      publisher.publish(change(3))
      await settled()
      expect(heard).toEqual([change(2)])
    })

    it('goes on with the others when one listener stops', async () => {
      const { publisher, watcher, settled } = await open()
      const heard: StatusChange[] = []
      const stop = watcher.watch(alice, () => heard.splice(0))
      watcher.watch(alice, (each) => heard.push(each))
      await settled()
      stop()
      publisher.publish(change(1))
      await settled()
      expect(heard).toEqual([change(1)])
    })

    it('hears a node again that was not watched for a while', async () => {
      const { publisher, watcher, settled } = await open()
      const heard: StatusChange[] = []
      watcher.watch(alice, () => heard.splice(0))()
      watcher.watch(alice, (each) => heard.push(each))
      await settled()
      publisher.publish(change(1))
      await settled()
      expect(heard).toEqual([change(1)])
    })

    it('brings a beat after every change that was published before it', async () => {
      const { publisher, watcher, settled } = await open()
      const heard: (StatusChange | HomeBeat)[] = []
      for (const node of [alice, bob]) watcher.watch(node, (each) => heard.push(each))
      watcher.onBeat(oslo, (each) => heard.push(each))
      await settled()
      publisher.publish(change(1))
      publisher.publish(change(1, bob))
      publisher.beat(oslo, beat(2))
      publisher.publish(change(2))
      publisher.beat(oslo, beat(3))
      await settled()
      expect(heard).toEqual([change(1), change(1, bob), beat(2), change(2), beat(3)])
    })

    it('brings a beat to nobody but the home that it is for, until its listener stops', async () => {
      const { publisher, watcher, settled } = await open()
      const heard: string[] = []
      const stop = watcher.onBeat(oslo, (each) => heard.push(`oslo ${each.published}`))
      watcher.onBeat(parseHomeName('bergen-1'), (each) => heard.push(`bergen ${each.published}`))
      await settled()
      publisher.beat(oslo, beat(1))
      await settled()
      stop()
      publisher.beat(oslo, beat(2))
      await settled()
      expect(heard).toEqual(['oslo 1'])
    })

    it('tells of no loss while nothing is lost, and takes a listener for losses back', async () => {
      const { publisher, watcher, settled } = await open()
      let losses = 0
      const stop = watcher.onLoss(() => {
        losses += 1
      })
      publisher.publish(change(1))
      await settled()
      stop()
      stop()
      expect(losses).toBe(0)
    })
  })
}
