import { foundSchema } from '@parley/http'
import { describe, expect, it } from 'vitest'
import { deployments } from '../src/index.ts'

describe.each(deployments)('the search for people: $deployment', ({ start }) => {
  it('finds the users there are, and no others', async () => {
    await using domain = await start({ users: ['alice', 'anna', 'bob'] })
    const find = async (query: string) => {
      const { status, body } = await domain.request({ as: 'alice', method: 'GET', path: `/.parley/people?${query}` })
      expect(status).toBe(200)
      return foundSchema.parse(JSON.parse(body)).people.map(({ href }) => href)
    }
    expect(await find('q=an')).toEqual([domain.node('anna')])
    expect(await find('q=BOB%40example.com')).toEqual([domain.node('bob')])
    domain.users.disable(domain.node('anna'))
    await domain.elapse({ seconds: 1 })
    expect(await find('q=an')).toEqual([])
  })

  it('is for users who may use IM, so often in a minute', async () => {
    await using domain = await start({ config: { search: { perMinute: 2 } } })
    const ask = async (as: string) => {
      return (await domain.request({ as, method: 'GET', path: '/.parley/people?q=a' })).status
    }
    const wrong = await domain.request({ as: 'bob', password: 'wrong', method: 'GET', path: '/.parley/people?q=a' })
    expect(wrong.status).toBe(401)
    // A connection stays with its router, which counts for itself.
    expect([await ask('alice'), await ask('alice'), await ask('alice'), await ask('bob')]).toEqual([200, 200, 429, 200])
    await domain.elapse({ minutes: 1 })
    expect(await ask('alice')).toBe(200)
  })

  it('leaves a line in the log for each search, without a word of it', async () => {
    await using domain = await start()
    for (const path of ['/.parley/people?q=zyzzyva', '/.parley/people/zyzzyva', '/.parley/people?zyzzyva=1']) {
      await domain.request({ as: 'alice', method: 'GET', path })
    }
    const statuses = domain.log.of('request').filter(({ method, principal }) => method === 'GET' && principal)
    expect(statuses.map(({ status }) => status)).toEqual([200, 404, 400])
    expect(domain.log.lines.join('')).not.toContain('zyzzyva')
  })
})
