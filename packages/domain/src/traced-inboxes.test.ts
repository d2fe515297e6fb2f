import { describe, expect, it } from 'vitest'
import type { Delivery, DeliveryOutcome, InboxFactory } from './inbox.ts'
import { tracedInboxes } from './traced-inboxes.ts'
import { TracerMemory } from './tracer-memory.ts'

const delivery: Delivery = { body: 'a private sentence', hops: 1 }
const events = { reachable: () => {}, unreachable: () => {}, reset: () => {} }

function open(outcome: DeliveryOutcome = 'delivered') {
  const tracer = new TracerMemory()
  const done: string[] = []
  const inbox = {
    post: () => void done.push('post'),
    deliver: async () => {
      done.push('deliver')
      return outcome
    },
    hold: () => void done.push('hold'),
    close: (why?: 'moved') => void done.push(`close ${why}`),
    probe: async () => true,
  }
  const factory: InboxFactory = { callback: () => inbox, stream: () => inbox }
  const inboxes = tracedInboxes(factory, tracer)
  const work = tracer.startSpan('NOTIFY', { kind: 'server' })
  if (!work) throw new Error('nothing is recorded')
  return { tracer, done, inboxes, work }
}

describe('traced inboxes', () => {
  it('record what became of a delivery, by the kind of inbox, and nothing of what it says', async () => {
    const { tracer, inboxes, work } = open('timed-out')
    const inbox = inboxes.stream('token', events)
    expect(await tracer.run(work, () => inbox.deliver(delivery))).toBe('timed-out')
    expect(tracer.ended).toMatchObject([
      {
        ...{ name: 'deliver', kind: 'client', traceId: work.traceId, failure: 'timed-out' },
        attributes: { 'parley.inbox': 'stream', 'parley.outcome': 'timed-out' },
      },
    ])
    expect(JSON.stringify(tracer.ended)).not.toMatch(/private|token/)
  })

  it('record the first deliveries of a change with many watchers, and the number of all', () => {
    const { tracer, done, inboxes, work } = open()
    const inbox = inboxes.callback({ host: 'desk', address: '10.0.0.1', port: 1, path: '/' }, events)
    tracer.run(work, () => {
      for (let i = 0; i < 1_000; i++) inbox.post(delivery)
    })
    work.end()
    expect(done).toHaveLength(1_000)
    expect(tracer.ended).toHaveLength(17)
    expect(tracer.ended.at(-1)?.attributes).toMatchObject({ 'parley.deliveries': 1_000 })
    expect(JSON.stringify(tracer.ended)).not.toMatch(/desk|10\.0\.0\.1/)
  })

  it('deliver, probe and close as ever where there is no trace', async () => {
    const { tracer, done, inboxes } = open()
    const inbox = inboxes.callback({ host: 'desk', address: '10.0.0.1', port: 1, path: '/' }, events)
    inbox.post(delivery)
    expect(await inbox.deliver(delivery)).toBe('delivered')
    expect(await inbox.probe()).toBe(true)
    inbox.close('moved')
    expect(done).toEqual(['post', 'deliver', 'close moved'])
    expect(tracer.ended).toEqual([])
  })
})
