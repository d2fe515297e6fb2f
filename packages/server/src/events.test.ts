import { ForbiddenError, UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { createEvents } from './events.ts'
import { createLogger } from './logger.ts'
import { Metrics } from './metrics.ts'

function open() {
  const lines: string[] = []
  const metrics = new Metrics({
    counts: () => ({ nodes: 5, online: 4, devices: 3, subscriptions: 2, watchReportsWaiting: 5, homesSilent: 6 }),
  })
  const events = createEvents(createLogger('debug', { write: (line: string) => void lines.push(line) }), metrics)
  const logged = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line))
  return { metrics, events, logged }
}

const request = {
  reqId: 'a-1',
  method: 'NOTIFY',
  node: userUrl('im.example.com', 'bob'),
  principal: userUrl('im.example.com', 'alice'),
  peer: '10.0.0.1',
  status: 200,
  durationMs: 3,
}

describe('events', () => {
  it('write one line for each request, and count it by method and status', async () => {
    const { metrics, events, logged } = open()
    events.requestFinished(request)
    events.requestFinished({ ...request, status: 403, err: new ForbiddenError('no') })
    expect(logged()).toMatchObject([
      { event: 'request', level: 30, ...request },
      { event: 'request', level: 30, status: 403, reason: 'no' },
    ])
    const text = await metrics.text()
    expect(text).toContain('parley_requests_total{method="NOTIFY",status="200"} 1')
    expect(text).toContain('parley_request_duration_seconds_sum{method="NOTIFY"} 0.006')
  })

  it('count all methods that are not RVP’s as one: strangers make no labels', async () => {
    const { metrics, events } = open()
    for (let i = 0; i < 100; i++) events.requestFinished({ ...request, method: `X${i}`, status: 501 })
    expect(metrics.requests).toEqual(new Map([['other 501', 100]]))
    expect(await metrics.text()).toContain('parley_requests_total{method="other",status="501"} 100')
  })

  it('call for a person when we failed', () => {
    const { events, logged } = open()
    events.requestFinished({ ...request, status: 500, err: new TypeError('bug') })
    events.requestFinished({ ...request, status: 503, err: new UnavailableError('store') })
    events.backgroundFailed('something', new Error('x'))
    expect(logged()).toMatchObject([
      { event: 'request.failed', level: 50, err: { message: 'bug' } },
      { event: 'request.refused', level: 50 },
      { event: 'background.failed', level: 50 },
    ])
  })

  it('show up as metrics', async () => {
    const { metrics, events } = open()
    events.presenceChanged(request.node, 'busy')
    events.presenceNotified(20)
    events.messageDelivered(request.node, 'timed-out')
    events.deviceGone(request.node, 'dead')
    const text = await metrics.text()
    for (const line of [
      'parley_presence_changes_total 1',
      'parley_presence_notifications_total 20',
      'parley_deliveries_total{outcome="timed-out"} 1',
      'parley_devices_gone_total{why="dead"} 1',
      'parley_nodes 5',
      'parley_users_online 4',
      'parley_devices 3',
      'parley_subscriptions 2',
      'parley_watch_reports_waiting 5',
      'parley_homes_silent 6',
    ]) {
      expect(text).toContain(line)
    }
  })
})
