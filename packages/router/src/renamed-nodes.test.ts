import { RenamesMemory } from '@parley/domain'
import { NotHeldError } from '@parley/http'
import { NotFoundError, parseLogicalUrl, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { bob, hq, locationOf, RouterUnderTest, requestOf, sales, settled } from './testing/router-under-test.ts'

const robert = userUrl('im.example.com', 'robert')
const elsewhere = userUrl('im.example.net', 'robert')

/** A router, and the log that it reads. */
async function open() {
  const given: { renames?: RenamesMemory } = {}
  const under = await RouterUnderTest.open({
    domains: ['im.example.com', 'im.example.net'],
    renames: { find: (node) => given.renames?.find(node) },
  })
  const renames = new RenamesMemory(under.map, under.clock)
  given.renames = renames
  const rename = (from: typeof bob, to: typeof bob) =>
    renames.rename([{ from, to, until: under.clock.now() + 1_000_000 }])
  return { under, rename }
}

describe('a request for a node that has another URL now', () => {
  it.each(['SUBSCRIBE', 'UNSUBSCRIBE', 'NOTIFY', 'PROPFIND', 'PROPPATCH', 'ACL', 'SUBSCRIPTIONS'])(
    'is sent there, by the name that the client has for the domain: %s',
    async (method) => {
      const { under, rename } = await open()
      await rename(bob, robert)
      const answer = await under.router.handle(requestOf(method, { authority: 'im:8080' }))
      expect(answer).toEqual({
        status: 302,
        headers: [['Location', 'http://im:8080/instmsg/aliases/robert']],
      })
      expect(under.client.sent).toEqual([])
    },
  )

  it('is sent to the other IM domain if that has changed', async () => {
    const { under, rename } = await open()
    await rename(bob, elsewhere)
    const answer = await under.router.handle(requestOf('PROPFIND', { authority: 'im:8080' }))
    expect(answer.headers).toEqual([['Location', elsewhere]])
  })

  it('is sent to the last of several URLs, and served there', async () => {
    const { under, rename } = await open()
    await rename(bob, robert)
    await rename(robert, elsewhere)
    const answer = await under.router.handle(requestOf('PROPFIND'))
    expect(answer.headers).toEqual([['Location', elsewhere]])
    expect((await under.router.handle(requestOf('PROPFIND', { node: elsewhere }))).status).toBe(200)
  })

  it('is served where it came back to', async () => {
    const { under, rename } = await open()
    await rename(bob, robert)
    await rename(robert, bob)
    expect((await under.router.handle(requestOf('PROPFIND'))).status).toBe(200)
    const answer = await under.router.handle(requestOf('PROPFIND', { node: robert }))
    expect(answer.headers).toEqual([['Location', bob]])
  })

  it('is told to servers of other IM domains, too', async () => {
    const { under, rename } = await open()
    await rename(bob, robert)
    const principal = parseLogicalUrl('http://im.example.org/instmsg/aliases/dave')
    const answer = await under.router.handle(requestOf('NOTIFY', { identity: { principal, scheme: 'federated' } }))
    expect(answer.status).toBe(302)
  })

  it('is refused when nobody has the new one, or the time is over', async () => {
    const { under, rename } = await open()
    await rename(bob, robert)
    await under.map.remove([robert])
    await expect(under.router.handle(requestOf('PROPFIND'))).rejects.toThrow(NotFoundError)
    await under.map.put([locationOf(robert)])
    expect((await under.router.handle(requestOf('PROPFIND'))).status).toBe(302)
    await under.elapse(1_000_000)
    await expect(under.router.handle(requestOf('PROPFIND'))).rejects.toThrow(NotFoundError)
  })

  it('makes no group anew under the old name', async () => {
    const { under, rename } = await open()
    await under.map.put([locationOf(sales)])
    const selling = parseLogicalUrl('http://im.example.com/groups/selling')
    await rename(sales, selling)
    const answer = await under.router.handle(requestOf('PROPPATCH', { node: sales }))
    expect(answer.headers).toEqual([['Location', selling]])
  })

  it('is sent there, too, when its home says that the node is gone while the request waits', async () => {
    const { under, rename } = await open()
    under.client.on('one', async () => {
      await rename(bob, robert)
      throw new NotHeldError()
    })
    const answering = under.router.handle(requestOf('PROPFIND'))
    await under.elapse(1_000)
    expect((await answering).status).toBe(302)
  })
})

describe('a stream that was opened before its user got another URL', () => {
  it('goes to the home that has it', async () => {
    const { under, rename } = await open()
    await rename(bob, robert)
    const token = `${Buffer.from(bob.slice('http://'.length)).toString('base64url')}.secret`
    const request = { method: 'GET', target: `/instmsg/streams/${token}` }
    const answer = await under.router.streams.handle(request as Parameters<typeof under.router.streams.handle>[0])
    await settled()
    expect(answer?.status).toBe(200)
    expect(under.leases.epoch(hq)).toBe(1)
  })
})
