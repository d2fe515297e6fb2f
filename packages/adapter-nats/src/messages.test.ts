import { type HomeBeat, parseHomeName, type StatusChange } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { readBeat, readChange, writeBeat, writeChange } from './messages.ts'

const alice = userUrl('im.example.com', 'alice')
const change: StatusChange = { node: alice, epoch: 3, sequence: 42, state: 'back-soon' }
const beat: HomeBeat = { from: parseHomeName('hq-1'), epoch: 3, published: 7, change: 2 ** 40 }
const bytes = (text: string) => new TextEncoder().encode(text)

describe('messages of the bus', () => {
  it('say a change and a beat in a few bytes, and come back as they were', () => {
    expect([writeChange(change), writeBeat(beat)]).toEqual(['[3,42,"back-soon"]', '["hq-1",3,7,1099511627776]'])
    expect(readChange(alice, bytes(writeChange(change)))).toEqual(change)
    expect(readBeat(bytes(writeBeat(beat)))).toEqual(beat)
  })

  it('carry the trace of a change, as whoever knows nothing of traces passes over', () => {
    const traced = { ...change, trace: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }
    expect(readChange(alice, bytes(writeChange(traced)))).toEqual(traced)
    expect(readChange(alice, bytes('[3,42,"back-soon","no trace"]'))).toEqual(change)
  })

  it('may be longer in a later release', () => {
    expect(readChange(alice, bytes('[3,42,"back-soon",{"since":1}]'))).toEqual(change)
    expect(readBeat(bytes('["hq-1",3,7,1099511627776,null]'))).toEqual(beat)
  })

  it.each([
    '',
    '{}',
    'null',
    '[]',
    '[3,42]',
    '[3,42,"elated"]',
    '[3,-1,"busy"]',
    '[3,1.5,"busy"]',
    '["3",42,"busy"]',
    '[3,1e300,"busy"]',
    '[3,42,"busy"',
    `[3,42,"busy","${'x'.repeat(512)}"]`,
    '\u0000\ufffd',
    '[['.repeat(200),
  ])('take %j for no change', (text) => {
    expect(readChange(alice, bytes(text))).toBeUndefined()
  })

  it.each(['["HQ 1",3,7,1]', '["",3,7,1]', '[1,3,7,1]', '["hq-1",3,7]', '["hq-1",3,7,"1"]', '[3,42,"busy"]', 'x'])(
    'take %j for no beat',
    (text) => {
      expect(readBeat(bytes(text))).toBeUndefined()
    },
  )
})
