import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Nginx } from './nginx.ts'
import { ParleyServer } from './parley-server.ts'
import { temporaryFolder } from './work-folder.ts'

const password = 'correct horse'
const propfind = '<d:propfind xmlns:d="DAV:"><d:allprop/></d:propfind>'
const users = ['alice', 'bob'].map((name) => ({ name, password }))
/** As an Ingress is set up: clients are named, and connections to the server are shared among them. */
const forwarding = `
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto https;`

// One server for all, as starting one takes longer than what is asked of it.
const open = new AsyncDisposableStack()
let server: ParleyServer
beforeAll(async () => {
  const folder = open.use(await temporaryFolder('proxied'))
  const file = join(folder.path, 'parley.yaml')
  await writeFile(file, 'trustedProxies: [127.0.0.1]\n')
  server = open.use(await ParleyServer.start({ users, flags: ['--config', file] }))
})
afterAll(async () => {
  await open.disposeAsync()
})

interface Answer {
  readonly status: number | undefined
  readonly schemes: readonly string[]
}

/** Asks from `localAddress`, one of this machine’s, for what `user` may read of itself. */
async function ask(port: number, { localAddress, user, proof, headers = {} }: Question): Promise<Answer> {
  const sent = request({
    host: '127.0.0.1',
    port,
    localAddress,
    agent: false,
    method: 'PROPFIND',
    path: `/instmsg/aliases/${user}`,
    headers: {
      host: server.domain,
      depth: '0',
      'content-type': 'text/xml',
      'content-length': propfind.length,
      ...(proof !== undefined && { authorization: `Basic ${Buffer.from(`${user}:${proof}`).toString('base64')}` }),
      ...headers,
    },
  }).end(propfind)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  response.resume()
  await once(response, 'end')
  const challenges = response.headersDistinct['www-authenticate'] ?? []
  return { status: response.statusCode, schemes: challenges.map((challenge) => challenge.split(' ')[0] ?? '') }
}

interface Question {
  readonly localAddress: string
  readonly user: string
  /** A password to sign in with, by Basic. */
  readonly proof?: string
  readonly headers?: Readonly<Record<string, string>>
}

describe('nginx that is a trusted proxy', () => {
  it('is offered nothing that proves a connection, and Basic as it is TLS before nginx', async () => {
    await using nginx = await Nginx.start(server.port, forwarding)
    expect(await ask(nginx.port, { localAddress: '127.0.0.2', user: 'alice' })).toEqual({
      status: 401,
      schemes: ['Digest', 'Basic'],
    })
  })

  it('gives each of its clients, on one connection of its own, only what that client has proved', async () => {
    await using nginx = await Nginx.start(server.port, forwarding)
    const alice = { localAddress: '127.0.0.2', user: 'alice', proof: password }
    expect(await ask(nginx.port, alice)).toMatchObject({ status: 207 })
    expect(await ask(nginx.port, { localAddress: '127.0.0.3', user: 'alice' })).toMatchObject({ status: 401 })
    expect(await ask(nginx.port, { localAddress: '127.0.0.3', user: 'bob', proof: password })).toMatchObject({
      status: 207,
    })
  })

  it('shows whose guesses they are, whatever the guesser claims', async () => {
    await using nginx = await Nginx.start(server.port, forwarding)
    const guesser = { localAddress: '127.0.0.4', user: 'bob', proof: 'wrong' }
    const statuses = []
    for (let i = 0; i < 6; i++) {
      const headers = { 'x-forwarded-for': `198.51.100.${i}` }
      statuses.push((await ask(nginx.port, { ...guesser, headers })).status)
    }
    expect(statuses.at(-1)).toBe(429)
    expect(await ask(nginx.port, { ...guesser, localAddress: '127.0.0.5', proof: password })).toMatchObject({
      status: 207,
    })
    expect(server.logTail()).toContain('"peer":"127.0.0.4"')
    expect(server.logTail()).not.toContain('198.51.100.')
  })

  it('is not believed when it has another address', async () => {
    await using nginx = await Nginx.start(server.port, `${forwarding} proxy_bind 127.0.0.9;`)
    expect(await ask(nginx.port, { localAddress: '127.0.0.2', user: 'alice' })).toEqual({
      status: 401,
      schemes: ['Digest', 'NTLM'],
    })
  })
})
