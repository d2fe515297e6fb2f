import { ManualClock, parseHomeName } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { createHomeKeeperEvents, createRedisEvents, createRouterEvents } from './cluster-events.ts'
import { Conditions } from './conditions.ts'
import { createLogger } from './logger.ts'
import { Metrics } from './metrics.ts'

function openLog() {
  const lines: string[] = []
  const logger = createLogger('info', { write: (line: string) => void lines.push(line) })
  return { logger, logged: (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line)) }
}

const hq = parseHomeName('hq-1')

describe('events of Redis', () => {
  it('show what must be changed for as long as that is so', () => {
    const { logger, logged } = openLog()
    const conditions = new Conditions()
    const events = createRedisEvents(logger, conditions)
    events.problem('the key "x" holds nonsense', 'x')
    expect(conditions.list()).toEqual(['the key "x" holds nonsense'])
    events.solved?.('x')
    expect(conditions.list()).toEqual([])
    expect(logged()).toMatchObject([{ level: 50, event: 'redis.problem', detail: 'the key "x" holds nonsense' }])
  })
})

describe('events of a router', () => {
  it('say what to do about a home that nobody holds, once a minute', () => {
    const { logger, logged } = openLog()
    const clock = new ManualClock()
    const events = createRouterEvents(logger, new Metrics(), clock)
    events.held({ reqId: 'a-1', home: hq, holder: undefined, err: undefined })
    expect(logged()).toEqual([])
    events.unheld(hq)
    clock.elapse(59_000)
    events.unheld(hq)
    expect(logged()).toMatchObject([
      { level: 40, event: 'router.home-unheld', message: expect.stringContaining('start "parley home --name hq-1"') },
    ])
    clock.elapse(1_000)
    events.unheld(hq)
    expect(logged()).toHaveLength(2)
  })
})

describe('events of a process that holds homes', () => {
  it('say who holds one of its own', () => {
    const { logger, logged } = openLog()
    const events = createHomeKeeperEvents(logger, new Metrics(), new Conditions())
    events.homeElsewhere(hq, { id: 'x', clusterUrl: 'http://10.0.0.2:8180' })
    expect(logged()).toMatchObject([
      { level: 30, message: 'hq-1 is held by http://10.0.0.2:8180; this process stands by for it' },
    ])
  })
})
