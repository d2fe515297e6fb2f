import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import type { StatusBus, StatusChange } from '../status-bus.ts'

/**
 * What every status bus does. `open` gives a bus that nobody watches; `arrival` resolves once all that was published has
 * reached its listeners.
 */
export function statusBusContract(open: () => Promise<{ bus: StatusBus; arrival: () => Promise<void> }>): void {
  const alice = userUrl('im.example.com', 'alice')
  const bob = userUrl('im.example.com', 'bob')
  const change = (sequence: number, node = alice): StatusChange => ({ node, epoch: 1, sequence, state: 'busy' })

  describe('StatusBus contract', () => {
    it('brings each change of a node to each of its listeners once, in order', async () => {
      const { bus, arrival } = await open()
      const first: StatusChange[] = []
      const second: StatusChange[] = []
      bus.watch(alice, (heard) => first.push(heard))
      bus.watch(alice, (heard) => second.push(heard))
      for (const sequence of [1, 2, 3]) bus.publish(change(sequence))
      await arrival()
      expect(first).toEqual([change(1), change(2), change(3)])
      expect(second).toEqual(first)
    })

    it('keeps nodes apart', async () => {
      const { bus, arrival } = await open()
      const heard: StatusChange[] = []
      bus.watch(alice, (each) => heard.push(each))
      bus.publish(change(1, bob))
      await arrival()
      expect(heard).toEqual([])
    })

    it('tells a listener nothing from before it watched, nor after it stopped', async () => {
      const { bus, arrival } = await open()
      const heard: StatusChange[] = []
      bus.publish(change(1))
      await arrival()
      const stop = bus.watch(alice, (each) => heard.push(each))
      bus.publish(change(2))
      await arrival()
      stop()
      stop()
      bus.publish(change(3))
      await arrival()
      expect(heard).toEqual([change(2)])
    })

    it('goes on with the others when one listener stops', async () => {
      const { bus, arrival } = await open()
      const heard: StatusChange[] = []
      const stop = bus.watch(alice, () => heard.splice(0))
      bus.watch(alice, (each) => heard.push(each))
      stop()
      bus.publish(change(1))
      await arrival()
      expect(heard).toEqual([change(1)])
    })
  })
}
