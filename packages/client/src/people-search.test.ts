import { describe, expect, it } from 'vitest'
import { RequestRefusedError, TransportError } from './client-error.ts'
import { findPeople, personNamed } from './people-search.ts'
import type { RvpTransport, RvpTransportRequest } from './transport.ts'

/** A server that answers everything in one way, and what it was asked. */
function server(status: number, body: string) {
  const asked: RvpTransportRequest[] = []
  const transport: RvpTransport = {
    async send(request) {
      asked.push(request)
      return { status, body, header: () => 'r-1', url: request.url, direct: false }
    },
    open: () => Promise.reject(new Error('not used')),
    close: async () => {},
  }
  return { transport, asked }
}

const anna = {
  href: 'http://im.example.com/instmsg/aliases/anna',
  address: 'anna@im.example.com',
  displayName: 'Anna',
  attributes: { office: 'Oslo' },
}

describe('the search for people', () => {
  it('asks for words and criteria, and gives who is found', async () => {
    const { transport, asked } = server(200, JSON.stringify({ people: [anna], more: true }))
    const found = await findPeople(transport, 'im.example.com', {
      text: 'ann & lí',
      criteria: { office: 'os' },
      limit: 3,
    })
    const { href, ...shown } = anna
    expect(found).toEqual({ people: [{ node: href, mail: undefined, ...shown }], more: true })
    expect(asked).toMatchObject([
      { method: 'GET', url: 'http://im.example.com/.parley/people?office=os&q=ann+%26+l%C3%AD&limit=3' },
    ])
  })

  it('tells who has an address, or that nobody has', async () => {
    const { transport, asked } = server(200, JSON.stringify({ ...anna, mail: 'anna@example.com' }))
    expect(await personNamed(transport, 'im.example.com', 'a/b@im.example.com')).toMatchObject({
      node: anna.href,
      mail: 'anna@example.com',
    })
    expect(asked[0]?.url).toBe('http://im.example.com/.parley/people/a%2Fb%40im.example.com')
    expect(await personNamed(server(404, '').transport, 'im.example.com', 'x')).toBeUndefined()
  })

  it('repeats why the server refuses', async () => {
    const refused = findPeople(server(400, '{"detail":"say whom"}').transport, 'im.example.com', { text: '' })
    await expect(refused).rejects.toThrow(RequestRefusedError)
    await expect(refused).rejects.toThrow('GET was answered with 400 Bad Request: say whom')
    const old = findPeople(server(501, 'the method is not part of RVP').transport, 'im.example.com', { text: 'a' })
    await expect(old).rejects.toThrow('GET was answered with 501 Not Implemented')
  })

  it.each(['', '[]', '{}', '{"people":[1]}', `{"people":[${JSON.stringify({ ...anna, href: 'javascript:x' })}]}`])(
    'does not take %s for an answer',
    async (body) => {
      const found = findPeople(server(200, body).transport, 'im.example.com', { text: 'a' })
      await expect(found).rejects.toThrow(TransportError)
    },
  )
})
