import { LoopDetectedError, NotFoundError, UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { alice, bob, locationOf, oslo, RouterUnderTest, requestOf, sales } from './testing/router-under-test.ts'

describe('the router', () => {
  it('hands a request to who holds the home of its node, and the answer back', async () => {
    const test = await RouterUnderTest.open()
    const { router, client, map, told } = test
    await test.take(oslo, 'two')
    await map.put([locationOf(bob, oslo)])
    client.on('two', () => ({ status: 412, headers: [['X-Id', '1']], body: new Uint8Array([1, 2]) }))
    expect(await router.handle(requestOf('NOTIFY'))).toEqual({
      status: 412,
      headers: [['X-Id', '1']],
      body: new Uint8Array([1, 2]),
    })
    expect(client.sent).toEqual(['two NOTIFY r'])
    expect(told).toEqual(['forwarded oslo-1 1'])
  })

  it('forwards before it returns once it knows location and holder', async () => {
    const { router, client } = await RouterUnderTest.open()
    await router.handle(requestOf('NOTIFY'))
    client.sent.splice(0)
    const answer = router.handle(requestOf('NOTIFY'))
    expect(client.sent).toEqual(['one NOTIFY r'])
    await answer
  })

  it('knows no node that is not in the map, and none of another IM domain', async () => {
    const { router, client } = await RouterUnderTest.open()
    const nobody = requestOf('NOTIFY', { node: userUrl('im.example.com', 'nobody') })
    await expect(router.handle(nobody)).rejects.toThrow(NotFoundError)
    const foreign = requestOf('NOTIFY', { node: userUrl('im.other.example', 'bob') })
    await expect(router.handle(foreign)).rejects.toThrow(NotFoundError)
    expect(client.sent).toEqual([])
  })

  it('hands requests for other IM domains to the service for those', async () => {
    const asked: string[] = []
    const { router } = await RouterUnderTest.open({
      foreign: {
        handle: async ({ node }) => {
          asked.push(node)
          return { status: 204 }
        },
      },
    })
    const node = userUrl('im.other.example', 'bob')
    expect(await router.handle(requestOf('NOTIFY', { node }))).toEqual({ status: 204 })
    expect(asked).toEqual([node])
  })

  it('takes a request that went over too many hops for a loop (RVP §7.2)', async () => {
    const { router } = await RouterUnderTest.open()
    const hops = (count: number) => requestOf('NOTIFY', { headers: { 'RVP-Hop-Count': `${count}` } })
    expect(await router.handle(hops(10))).toMatchObject({ status: 200 })
    await expect(router.handle(hops(11))).rejects.toThrow(LoopDetectedError)
  })

  it('answers 302 where the policy says so', async () => {
    const { router, client, told } = await RouterUnderTest.open({
      redirect: { networks: [{ address: '10.0.0.0', prefix: 8 }] },
    })
    expect(await router.handle(requestOf('PROPFIND'))).toEqual({
      status: 302,
      headers: [['Location', 'http://one.example.com/instmsg/local/im.example.com/instmsg/aliases/bob']],
    })
    expect(await router.handle(requestOf('PROPFIND', { isPhysical: true }))).toMatchObject({ status: 200 })
    expect(client.sent).toEqual(['one PROPFIND r'])
    expect(told).toEqual(['redirected hq-1', 'forwarded hq-1 1'])
  })

  it('hands an error that is not about reaching the home on', async () => {
    const { router, client } = await RouterUnderTest.open()
    const bug = new TypeError('a bug')
    client.on('one', () => {
      throw bug
    })
    await expect(router.handle(requestOf('PROPFIND'))).rejects.toBe(bug)
    expect(client.sent).toHaveLength(1)
  })
})

describe('the router: groups and resources that are not there yet', () => {
  it('asks the home of who makes them', async () => {
    const { router, client } = await RouterUnderTest.open()
    expect(await router.handle(requestOf('PROPPATCH', { node: sales }))).toMatchObject({ status: 200 })
    expect(client.sent).toEqual(['one PROPPATCH r'])
  })

  it('knows them as soon as they are made', async () => {
    const test = await RouterUnderTest.open()
    const { router, client, map, locations } = test
    await test.take(oslo, 'two')
    await expect(router.handle(requestOf('PROPFIND', { node: sales }))).rejects.toThrow(NotFoundError)
    // Nobody tells this router.
    locations[Symbol.dispose]()
    client.on('one', async ({ node }) => {
      await map.claim(locationOf(node, oslo))
      return { status: 207 }
    })
    await router.handle(requestOf('PROPPATCH', { node: sales }))
    await router.handle(requestOf('PROPFIND', { node: sales }))
    expect(client.sent).toEqual(['one PROPPATCH r', 'two PROPFIND r'])
  })

  it.each([
    ['SUBSCRIBE', sales, alice],
    ['PROPPATCH', userUrl('im.example.com', 'nobody'), alice],
    ['PROPPATCH', sales, userUrl('im.other.example', 'carol')],
  ])('does not find them for %s of %s by %s', async (method, node, principal) => {
    const { router, client } = await RouterUnderTest.open()
    const request = requestOf(method, { node, identity: { principal, scheme: 'digest' } })
    await expect(router.handle(request)).rejects.toThrow(NotFoundError)
    expect(client.sent).toEqual([])
  })

  it('asks at home for one that is there', async () => {
    const test = await RouterUnderTest.open()
    const { router, client, map } = test
    await test.take(oslo, 'two')
    await map.put([locationOf(sales, oslo)])
    await router.handle(requestOf('PROPPATCH', { node: sales }))
    expect(client.sent).toEqual(['two PROPPATCH r'])
  })

  it('is unavailable while the map is', async () => {
    const { router, map } = await RouterUnderTest.open()
    map.locate = () => {
      throw new UnavailableError('the map does not answer')
    }
    await expect(router.handle(requestOf('PROPFIND'))).rejects.toThrow(UnavailableError)
  })
})
