import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ListenerUnderTest } from './listener-under-test.ts'

const vectors: {
  refused: { name: string; bytes: string; status: number }[]
  accepted: { name: string; bytes: string; bodies: string[] }[]
} = JSON.parse(readFileSync(new URL('../vectors/smuggling.json', import.meta.url), 'utf8'))

const good = 'GET /good HTTP/1.1\r\nHost: im.example.com\r\n\r\n'

describe('requests that could be read in two ways', () => {
  it.each(vectors.refused)('are answered with $status and a closed connection: $name', async ({ bytes, status }) => {
    await using server = await ListenerUnderTest.open()
    const received = await server.exchange(bytes + good)
    expect(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} .*\r\nConnection: close\r\n`, 's'))
    expect(received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1)
    expect(server.requests).toEqual([])
    expect(server.events.refusedRequests).toMatchObject([{ status }])
  })

  it.each(vectors.accepted)('are not those that only look so: $name', async ({ bytes, bodies }) => {
    await using server = await ListenerUnderTest.open()
    await using peer = await server.connect()
    peer.send(bytes)
    await peer.answers(bodies.length)
    expect(server.requests.map(({ body }) => Buffer.from(body).toString('latin1'))).toEqual(bodies)
  })
})
