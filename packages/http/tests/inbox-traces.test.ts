import { ManualClock, systemIds, TracerMemory, tracedInboxes } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { createInboxes } from '../src/inboxes.ts'
import { StreamHub } from '../src/stream-hub.ts'
import { CallbackDevice, keepAliveAnswer } from './inbox-callback-device.ts'
import { InboxEventsLog } from './inbox-events-log.ts'

describe('a Call-Back in the course of a trace', () => {
  it('tells the device nothing of it', async () => {
    const clock = new ManualClock()
    const tracer = new TracerMemory()
    await using device = await CallbackDevice.listen(keepAliveAnswer)
    const hub = new StreamHub({ clock, ids: systemIds })
    const inboxes = tracedInboxes(createInboxes({ clock, hub }), tracer)
    const target = { host: '127.0.0.1', address: '127.0.0.1', port: device.port, path: '/' }
    const inbox = inboxes.callback(target, new InboxEventsLog())
    const span = tracer.startSpan('NOTIFY', { kind: 'server' })
    if (!span) throw new Error('nothing is recorded')
    expect(await tracer.run(span, () => inbox.deliver({ body: 'hello', hops: 1 }))).toBe('delivered')
    inbox.close()
    expect(tracer.ended).toMatchObject([{ name: 'deliver', attributes: { 'parley.outcome': 'delivered' } }])
    expect(device.requests.join('').toLowerCase()).not.toMatch(/trace/)
    expect(device.requests.join('')).not.toContain(span.traceId)
    expect(device.bodies).toEqual(['hello'])
  })
})
