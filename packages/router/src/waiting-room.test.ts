import { ManualClock } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { bob, hq, oslo, requestOf, sales, settled } from './testing/router-under-test.ts'
import { WaitingRoom } from './waiting-room.ts'

const bounds = { maxHeldPerHome: 2, maxHeld: 3, maxHeldBytes: 100 }

function open() {
  const clock = new ManualClock()
  return { clock, room: new WaitingRoom(clock, bounds) }
}

describe('the waiting room: bounds', () => {
  it('takes so many for one home', () => {
    const { room } = open()
    const first = room.enter(hq, requestOf('NOTIFY'))
    room.enter(hq, requestOf('NOTIFY'))
    expect(() => room.enter(hq, requestOf('NOTIFY'))).toThrow(UnavailableError)
    room.enter(oslo, requestOf('NOTIFY'))
    first[Symbol.dispose]()
    first[Symbol.dispose]()
    room.enter(hq, requestOf('NOTIFY'))
    expect(() => room.enter(hq, requestOf('NOTIFY'))).toThrow(UnavailableError)
  })

  it('takes so many for all homes, and says when to come back', () => {
    const { room } = open()
    room.enter(hq, requestOf('NOTIFY'))
    room.enter(hq, requestOf('NOTIFY'))
    room.enter(oslo, requestOf('NOTIFY'))
    expect(() => room.enter(oslo, requestOf('NOTIFY'))).toThrow(
      expect.objectContaining({ status: 503, headers: [['Retry-After', '5']] }),
    )
    expect(room.count).toBe(3)
  })

  it('takes so many bytes', () => {
    const { room } = open()
    const large = requestOf('NOTIFY', { bytes: new Uint8Array(60) })
    const place = room.enter(hq, large)
    expect(() => room.enter(hq, large)).toThrow(UnavailableError)
    expect(room.bytes).toBe(60)
    place[Symbol.dispose]()
    expect([room.count, room.bytes]).toEqual([0, 0])
    room.enter(hq, large)
  })
})

describe('the waiting room: order', () => {
  it('lets nobody overtake a request of the same caller for the same node', async () => {
    const { room } = open()
    const first = room.enter(hq, requestOf('NOTIFY'))
    const second = room.enter(hq, requestOf('NOTIFY'))
    expect(await first.turn(1_000)).toBe(true)
    let isSecondsTurn = false
    const turn = second.turn(1_000).then((isTurn) => {
      isSecondsTurn = isTurn
    })
    await settled()
    expect(isSecondsTurn).toBe(false)
    first[Symbol.dispose]()
    await turn
    expect(isSecondsTurn).toBe(true)
  })

  it('knows who is behind somebody, until the lane is empty', async () => {
    const { room } = open()
    expect(room.isBehind(requestOf('NOTIFY'))).toBe(false)
    const place = room.enter(hq, requestOf('NOTIFY'))
    expect(room.isBehind(requestOf('NOTIFY'))).toBe(true)
    expect(room.isBehind(requestOf('NOTIFY', { node: sales }))).toBe(false)
    expect(room.isBehind(requestOf('NOTIFY', { identity: { principal: bob, scheme: 'ntlm' } }))).toBe(false)
    place[Symbol.dispose]()
    await settled()
    expect(room.isBehind(requestOf('NOTIFY'))).toBe(false)
  })

  it('gives up after the time that a request may wait', async () => {
    const { clock, room } = open()
    room.enter(hq, requestOf('NOTIFY'))
    const turn = room.enter(hq, requestOf('NOTIFY')).turn(1_000)
    clock.elapse(1_000)
    expect(await turn).toBe(false)
  })

  it('keeps those behind somebody who gave up from passing those before', async () => {
    const { room } = open()
    const first = room.enter(hq, requestOf('NOTIFY'))
    const second = room.enter(hq, requestOf('NOTIFY'))
    second[Symbol.dispose]()
    const third = room.enter(hq, requestOf('NOTIFY'))
    let isThirdsTurn = false
    const turn = third.turn(1_000).then((isTurn) => {
      isThirdsTurn = isTurn
    })
    await settled()
    expect(isThirdsTurn).toBe(false)
    first[Symbol.dispose]()
    await turn
    expect(isThirdsTurn).toBe(true)
  })
})
