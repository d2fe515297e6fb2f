import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { statusBusContract } from './contracts/status-bus-contract.ts'
import type { StatusChange } from './status-bus.ts'
import { StatusBusMemory } from './status-bus-memory.ts'
import { tracedStatusBus } from './traced-status-bus.ts'
import { TracerMemory } from './tracer-memory.ts'

const alice = userUrl('im.example.com', 'alice')
const change: StatusChange = { node: alice, epoch: 1, sequence: 1, state: 'busy' }

/** Two processes on one bus; each has a tracer. */
function open() {
  const wire = new StatusBusMemory()
  const tracers = { here: new TracerMemory(), there: new TracerMemory(() => false) }
  const here = tracedStatusBus(wire, tracers.here, 'nats')
  const there = tracedStatusBus(wire, tracers.there, 'nats')
  return { wire, tracers, here, there }
}

describe('a traced bus', () => {
  it('records who published a change, and below that who heard it', () => {
    const { tracers, here, there } = open()
    let course: string | undefined
    there.watch(alice, () => {
      course = tracers.there.current()?.traceId
    })
    const work = tracers.here.startSpan('PROPPATCH', { kind: 'server' })
    if (!work) throw new Error('nothing is recorded')
    tracers.here.run(work, () => here.publish(change))
    const [published] = tracers.here.ended
    expect(published).toMatchObject({ name: 'publish status', kind: 'producer', traceId: work.traceId })
    expect(tracers.there.ended).toMatchObject([
      { name: 'hear status', kind: 'consumer', traceId: work.traceId, parentId: published?.spanId },
    ])
    expect(course).toBe(work.traceId)
    expect(JSON.stringify([tracers.here.ended, tracers.there.ended])).not.toMatch(/alice|busy/)
  })

  it('brings a change that is part of no trace as it is', () => {
    const { wire, tracers, here, there } = open()
    const onWire: StatusChange[] = []
    wire.watch(alice, (each) => onWire.push(each))
    there.watch(alice, () => expect(tracers.there.current()).toBeUndefined())
    here.publish(change)
    expect(onWire).toEqual([change])
    expect([...tracers.here.ended, ...tracers.there.ended]).toEqual([])
  })

  it('hears a change that carries nonsense for a trace', () => {
    const { wire, tracers, there } = open()
    const heard: StatusChange[] = []
    there.watch(alice, (each) => heard.push(each))
    wire.publish({ ...change, trace: 'nonsense' })
    expect(heard).toHaveLength(1)
    expect(tracers.there.ended).toEqual([])
  })
})

statusBusContract(async () => {
  const bus = tracedStatusBus(new StatusBusMemory(), new TracerMemory(), 'memory')
  return { publisher: bus, watcher: bus, settled: async () => {} }
})
