import { platformRandom, RvpClient, RvpRequests } from '@parley/client'
import { DigestAuthentication, UndiciTransport } from '@parley/client/node'
import { propertyNames, userUrl } from '@parley/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EventQueue } from './event-queue.ts'
import { Nginx } from './nginx.ts'
import { ParleyServer } from './parley-server.ts'
import { ParleyUser } from './parley-user.ts'

const password = 'correct horse'
const users = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank'].map((name) => ({ name, password }))

// One server for all, as starting one takes longer than what is asked of it; each test has users of its own.
let server: ParleyServer
beforeAll(async () => {
  server = await ParleyServer.start({ users })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})

function transportThrough(nginx: Nginx, user: string): UndiciTransport {
  const authentication = new DigestAuthentication({ user, password }, platformRandom)
  return new UndiciTransport({ server: `http://127.0.0.1:${nginx.port}`, authentication })
}

/** Somebody behind the proxy, who hears one event after the other. */
class Behind implements AsyncDisposable {
  readonly client: RvpClient
  readonly heard = new EventQueue<string>()

  private constructor(client: RvpClient) {
    this.client = client
    client.on((event) => {
      if (event.type === 'message') this.heard.push(`message ${event.text}`)
      if (event.type === 'presence' && event.node !== client.self) this.heard.push(`presence ${event.state}`)
      if (event.type === 'connection') this.heard.push(event.up ? 'up' : 'down')
    })
  }

  static async signOn(nginx: Nginx, alias: string): Promise<Behind> {
    const transport = transportThrough(nginx, alias)
    return new Behind(await RvpClient.signOn({ transport, domain: server.domain, alias, inbox: 'stream' }))
  }

  /** Resolves with what was heard up to this, itself included. */
  async until(event: string): Promise<string[]> {
    const all: string[] = []
    while (all.at(-1) !== event) all.push(await this.heard.next(`${event}, after ${all.join(', ')}`))
    return all
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close()
  }
}

describe('nginx as it comes, in front of RVP', () => {
  it('passes every method, with the node named by its path', async () => {
    await using nginx = await Nginx.start(server.port)
    const transport = transportThrough(nginx, 'erin')
    const erin = new RvpRequests(transport, userUrl(server.domain, 'erin'))
    const frank = userUrl(server.domain, 'frank')
    const watch = await erin.subscribe(frank, 'update/propchange', 14_000, [['Call-Back', erin.self]])
    expect(watch.properties?.href).toBe(frank)
    expect((await erin.setState({ state: 'busy', leaseSeconds: 1_200 })).leaseSeconds).toBe(1_200)
    const names = [propertyNames.state]
    const { propstats } = await erin.propfind(erin.self, { kind: 'prop', names })
    expect(propstats[0]?.properties[0]?.state?.state).toBe('busy')
    expect((await erin.readAcl(erin.self)).some(({ principal }) => principal.kind === 'all')).toBe(true)
    expect(await erin.subscriptions(erin.self, 'update/propchange')).toEqual([])
    const nobodyThere = erin.notify(frank, '<r:notification xmlns:r="http://schemas.microsoft.com/rvp/"/>', 'DeepOr')
    await expect(nobodyThere).rejects.toMatchObject({ method: 'NOTIFY', status: 400 })
    await erin.unsubscribe(frank, watch.id)
    await transport.close()
  })
})

describe('nginx as it comes, in front of a stream (docs/protocol/streams.md, section 7)', () => {
  it('lets events through at once, and what a device acknowledges', async () => {
    await using nginx = await Nginx.start(server.port)
    await using alice = await Behind.signOn(nginx, 'alice')
    await using bob = await ParleyUser.signOn(server, server.domain, { name: 'bob', password })
    expect(await alice.client.watch(userUrl(server.domain, 'bob'))).toBe('online')
    expect(await alice.until('presence online')).toEqual(['presence online'])
    await bob.setState('away')
    expect(await alice.until('presence away')).toEqual(['presence away'])
    // The sender waits for the acknowledgement, which goes through the proxy on another connection.
    expect(await bob.send('alice', 'hello')).toBe('delivered')
    expect(await alice.until('message hello')).toEqual(['message hello'])
  })

  it('is read on, without loss or repetition, after nginx is reloaded and then killed', async () => {
    await using nginx = await Nginx.start(server.port)
    await using carol = await Behind.signOn(nginx, 'carol')
    await using dave = await ParleyUser.signOn(server, server.domain, { name: 'dave', password })
    await carol.client.watch(userUrl(server.domain, 'dave'))
    await carol.until('presence online')

    await nginx.reload()
    expect(await dave.send('carol', 'one')).toBe('delivered')
    expect(await carol.until('message one')).toEqual(['message one'])

    await nginx.kill()
    expect(await carol.until('down')).toEqual(['down'])
    await dave.setState('busy')
    await dave.setState('on-phone')
    const sent = dave.send('carol', 'two')
    await nginx.restart()
    expect(await sent).toBe('delivered')
    expect(await dave.send('carol', 'three')).toBe('delivered')
    const heard = await carol.until('message three')
    // Of the states of one presentity only the newest need come; nothing comes twice.
    expect(heard.filter((event) => event !== 'presence busy')).toEqual([
      'up',
      'presence on-phone',
      'message two',
      'message three',
    ])
  })

  it('stays open through silence, since heartbeats come before nginx gives up', async () => {
    await using nginx = await Nginx.start(server.port, 'proxy_read_timeout 30s;')
    const transport = transportThrough(nginx, 'frank')
    const self = userUrl(server.domain, 'frank')
    const frank = new RvpRequests(transport, self)
    const { head } = await frank.subscribe(self, 'pragma/notify', 14_000, [['RVP-Stream', '1']])
    const url = `http://127.0.0.1:${nginx.port}${head.header('RVP-Stream')}`
    const stream = await transport.open({ method: 'GET', url, direct: true, anonymous: true, headers: [] })
    let text = ''
    for await (const chunk of stream.chunks) {
      text += chunk
      // The second comes 50 seconds after the last event.
      if (text.split('\n:').length > 2) break
    }
    expect(text).toMatch(/^retry: [0-9]+\nid: \S+\nevent: open\ndata: [^\n]+\n\n:\n\n:/)
    await transport.close()
  })
})
