import { describe, expect, it } from 'vitest'
import { Bench } from './inbox-callback-bench.ts'
import { keepAliveAnswer, librvpAnswer, silentAnswer } from './inbox-callback-device.ts'

describe('a callback inbox whose node moves on while its device is being told', () => {
  it('tells the sender what the device answers, and delivers nothing more (promise 3)', async () => {
    for (const [answer, isKept] of [
      [librvpAnswer, false],
      [keepAliveAnswer, true],
    ] as const) {
      await using bench = await Bench.open(silentAnswer)
      const [sent, waiting] = [bench.deliver('1'), bench.deliver('2')]
      await bench.device.received(1)
      bench.inbox.close('moved')
      expect(await Promise.all([waiting, bench.deliver('3')])).toEqual(['moved', 'moved'])
      bench.device.resume(answer)
      expect(await sent, `kept: ${isKept}`).toBe('delivered')
      await bench.device.until(() => bench.device.openConnections === 0)
      expect(bench.device.bodies).toEqual(['1'])
      expect(bench.events.log).toEqual([])
    }
  })

  it('may be answered still when it is held, before that', async () => {
    await using bench = await Bench.open(silentAnswer)
    const [sent, waiting] = [bench.deliver('1'), bench.deliver('2')]
    await bench.device.received(1)
    bench.inbox.hold()
    expect(await Promise.all([waiting, bench.deliver('3')])).toEqual(['held', 'held'])
    expect(await bench.inbox.probe()).toBe(true)
    bench.device.resume(librvpAnswer)
    expect(await sent).toBe('delivered')
    expect(bench.device.bodies).toEqual(['1'])
  })

  it('says that nobody knows when the device goes without an answer', async () => {
    await using bench = await Bench.open(silentAnswer)
    const sent = bench.deliver('1')
    await bench.device.received(1)
    bench.inbox.close('moved')
    bench.device.hangUp()
    expect(await sent).toBe('moved')
    expect(bench.events.log).toEqual([])
  })

  it('lets go of a state at once, for which nobody waits', async () => {
    await using bench = await Bench.open(silentAnswer)
    bench.post('steve', 'steve is busy')
    await bench.device.received(1)
    bench.inbox.close('moved')
    await bench.device.until(() => bench.device.openConnections === 0)
  })
})
