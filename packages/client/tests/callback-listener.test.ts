import { Client } from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { CallbackListener } from '../src/callback-listener.ts'

let cleanUp = new AsyncDisposableStack()

afterEach(async () => {
  await cleanUp.disposeAsync()
  cleanUp = new AsyncDisposableStack()
})

async function listen(understood = true) {
  const bodies: string[] = []
  const inbox = new CallbackListener({ address: '127.0.0.1' })
  cleanUp.defer(() => inbox.close())
  const [[name, url] = ['', '']] = await inbox.start({
    notify: (body) => bodies.push(body) > 0 && understood,
    connection: () => undefined,
    lost: () => undefined,
  })
  expect(name).toBe('Call-Back')
  const client = new Client(url)
  cleanUp.defer(() => client.destroy())
  const call = (method: string, body: string, contentType = 'text/xml') =>
    client.request({ method, path: '/', body, headers: { 'content-type': contentType }, reset: false })
  return { inbox, bodies, url, call }
}

describe('CallbackListener, RVP §5.6', () => {
  it('takes a NOTIFY, answers 200 Successful, and lets the server use the connection again', async () => {
    const { bodies, url, call } = await listen()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    for (const body of ['<é/>', '<b/>']) {
      const response = await call('NOTIFY', body)
      expect(response.statusCode).toBe(200)
      expect(response.statusText).toBe('Successful')
      expect(response.headers).toEqual({
        'rvp-notifications-version': '0.2',
        'content-length': '0',
        connection: 'keep-alive',
      })
      await response.body.dump()
    }
    expect(bodies).toEqual(['<é/>', '<b/>'])
  })

  it('answers 400 to a body that the client cannot read', async () => {
    const { call } = await listen(false)
    expect((await call('NOTIFY', '<a/>')).statusCode).toBe(400)
  })

  it('takes no other method, type, or endless body', async () => {
    const { bodies, call } = await listen()
    expect((await call('GET', '')).statusCode).toBe(501)
    expect((await call('NOTIFY', '<a/>', 'text/html')).statusCode).toBe(415)
    expect((await call('NOTIFY', 'x'.repeat(400_001))).statusCode).toBe(413)
    expect(bodies).toEqual([])
  })

  it('closes twice without harm', async () => {
    const { inbox } = await listen()
    await inbox.close()
    await inbox.close()
  })
})
