import { describe, expect, it } from 'vitest'
import type { Delivery, Inbox } from '../inbox.ts'

/** An inbox together with the device behind it and its clock. */
export interface InboxUnderTest extends AsyncDisposable {
  readonly inbox: Inbox
  /** How many deliveries may wait while the device takes none; the fixture keeps it small. */
  readonly capacity: number
  /** The limit within which `deliver` settles, in milliseconds. */
  readonly limitMs: number
  /** Bodies that the device has got, once there are `count` of them. */
  received(count: number): Promise<readonly string[]>
  /** From now on the device takes nothing, though it can be reached; resolves when the inbox has noticed. */
  stall(): Promise<void>
  /** The device takes everything again, what waits included. */
  resume(): void
  /** Moves the inbox's clock. */
  elapse(ms: number): Promise<void>
}

const im = (body: string): Delivery => ({ body, hops: 3 })
const state = (key: string, body: string): Delivery => ({ body, hops: 3, supersedes: key })

/** What every adapter of `Inbox` promises. */
export function inboxContract(open: () => Promise<InboxUnderTest>): void {
  describe('Inbox', () => {
    it('delivers a body exactly, line ends and all characters included', async () => {
      await using test = await open()
      const body = '<?xml version="1.0"?><r:a>\r\n"Grüße" \\ 🎉 \u2028 &lt; <![CDATA[\r\n\r\ndata: x\n]]></r:a>'
      expect(await test.inbox.deliver(im(body))).toBe('delivered')
      expect(await test.received(1)).toEqual([body])
    })

    it('delivers in the order of the calls, whether or not somebody waits', async () => {
      await using test = await open()
      test.inbox.post(im('1'))
      const second = test.inbox.deliver(im('2'))
      test.inbox.post(state('k', '3'))
      const fourth = test.inbox.deliver(im('4'))
      expect(await test.received(4)).toEqual(['1', '2', '3', '4'])
      expect(await Promise.all([second, fourth])).toEqual(['delivered', 'delivered'])
    })

    it('replaces a waiting notification by a newer one of its key, in its place', async () => {
      await using test = await open()
      await test.stall()
      test.inbox.post(state('steve', 'steve is online'))
      test.inbox.post(state('bruce', 'bruce is away'))
      test.inbox.post(im('hello'))
      test.inbox.post(state('steve', 'steve is busy'))
      test.resume()
      expect((await test.received(3)).slice(-3)).toEqual(['steve is busy', 'bruce is away', 'hello'])
    })

    it('tells both senders what became of the newer of two notifications of one key', async () => {
      await using test = await open()
      await test.stall()
      const older = test.inbox.deliver(state('steve', 'steve is online'))
      const newer = test.inbox.deliver(state('steve', 'steve is busy'))
      test.resume()
      expect(await test.received(1)).toEqual(['steve is busy'])
      expect(await Promise.all([older, newer])).toEqual(['delivered', 'delivered'])
    })

    it('settles within the limit when the device takes nothing, and delivers nothing of it later', async () => {
      await using test = await open()
      await test.stall()
      const late = test.inbox.deliver(im('late'))
      await test.elapse(test.limitMs)
      expect(['timed-out', 'unreachable']).toContain(await late)
      test.resume()
      expect(await test.inbox.deliver(im('next'))).toBe('delivered')
      expect(await test.received(1)).toEqual(['next'])
    })

    it('bounds what waits', async () => {
      await using test = await open()
      await test.stall()
      for (let i = 0; i < test.capacity; i++) test.inbox.post(im(`${i}`))
      expect(await test.inbox.deliver(im('one too many'))).toBe('overflow')
      test.inbox.post(im('nobody waits for this one'))
      test.resume()
      const all = Array.from({ length: test.capacity }, (_, i) => `${i}`)
      expect(await test.received(test.capacity)).toEqual(all)
    })

    it('drops what waits when it is closed, and takes nothing more', async () => {
      await using test = await open()
      await test.stall()
      const waiting = [test.inbox.deliver(im('1')), test.inbox.deliver(im('2'))]
      test.inbox.close()
      test.inbox.close()
      test.inbox.post(im('3'))
      expect(await Promise.all([...waiting, test.inbox.deliver(im('4'))])).toEqual(['closed', 'closed', 'closed'])
    })

    it('takes no more messages once it is held, so that their senders can turn elsewhere, and goes on with states', async () => {
      await using test = await open()
      await test.stall()
      test.inbox.post(state('steve', 'steve is busy'))
      const waiting = [test.inbox.deliver(im('1')), test.inbox.deliver(im('2'))]
      test.inbox.hold()
      test.inbox.hold()
      test.inbox.post(state('bruce', 'bruce is away'))
      expect(await Promise.all([...waiting, test.inbox.deliver(im('3'))])).toEqual(['held', 'held', 'held'])
      test.resume()
      expect((await test.received(2)).slice(-2)).toEqual(['steve is busy', 'bruce is away'])
      test.inbox.close('moved')
      expect(await test.inbox.deliver(im('4'))).toBe('moved')
    })

    it('says that nobody knows when it is closed as its node moves on (promise 3)', async () => {
      await using test = await open()
      await test.stall()
      const waiting = [test.inbox.deliver(im('1')), test.inbox.deliver(im('2'))]
      test.inbox.close('moved')
      test.inbox.close()
      expect(await Promise.all([...waiting, test.inbox.deliver(im('3'))])).toEqual(['moved', 'moved', 'moved'])
    })
  })
}
