import {
  joinConversationPayload,
  leavePayload,
  parseAccessList,
  parseContacts,
  parseLogicalUrl,
  parseMimePayload,
  parseNotification,
  parsePropertyUpdate,
  payloadHeader,
  propertyNames,
  textPayload,
  userUrl,
  writeMessage,
  writeMultistatus,
  writePropNotification,
} from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { RequestRefusedError } from './client-error.ts'
import type { RvpClientEvent } from './client-event.ts'
import type { DeviceInbox, InboxListener } from './device-inbox.ts'
import { RvpClient, type SignOnOptions } from './rvp-client.ts'
import { ManualTimers } from './testing/manual-timers.ts'
import { type ScriptedAnswer, ScriptedTransport } from './testing/scripted-transport.ts'
import type { RvpTransportRequest } from './transport.ts'

const alice = userUrl('im.example.com', 'alice')
const bob = userUrl('im.example.com', 'bob')

/** An inbox into which the test speaks. */
class ScriptedInbox implements DeviceInbox {
  listener: InboxListener | undefined
  isClosed = false

  async start(listener: InboxListener) {
    this.listener = listener
    return [['Call-Back', 'http://192.0.2.7:1234']] as const
  }

  async accepted(): Promise<void> {}

  async close(): Promise<void> {
    this.isClosed = true
  }
}

type Script = (request: RvpTransportRequest) => ScriptedAnswer | undefined

/** A server that does the usual; `script` may do something else. */
function server(script: Script = () => undefined): ScriptedTransport {
  let id = 0
  return new ScriptedTransport((request) => script(request) ?? usual(request, () => String(++id)))
}

function usual(request: RvpTransportRequest, nextId: () => string): ScriptedAnswer {
  const multistatus = (name: string, xml: string) => ({
    status: 207,
    body: writeMultistatus(request.url, [{ status: 200, properties: [{ name, xml }] }]),
  })
  if (request.method === 'SUBSCRIBE') {
    const id = headerOf(request, 'Subscription-Id')
    const headers = { 'Subscription-Id': id ?? nextId(), 'Subscription-Lifetime': '14400' }
    if (id || headerOf(request, 'Notification-Type') === 'pragma/notify') return { status: 200, headers }
    return { ...multistatus(propertyNames.state, '<r:online/>'), headers }
  }
  if (request.method === 'PROPPATCH') {
    const state = '<r:leased-value><r:value><r:online/></r:value><d:timeout>1200</d:timeout></r:leased-value>'
    return multistatus(propertyNames.state, `${state}<r:view-id>77</r:view-id>`)
  }
  if (request.method === 'PROPFIND') return multistatus(propertyNames.displayName, 'Alice &amp; Co')
  return { status: 200 }
}

function headerOf({ headers }: RvpTransportRequest, name: string): string | undefined {
  return headers.find(([given]) => given === name)?.[1]
}

async function signOn(transport: ScriptedTransport, more: Partial<SignOnOptions> = {}) {
  const inbox = new ScriptedInbox()
  const timers = new ManualTimers()
  const random = { fraction: () => 0, guid: () => '79fc61b5-1234-1234-8a10-941f33ca4c90' }
  const options = { transport, inbox, timers, random, domain: 'im.example.com', alias: 'alice', ...more }
  const client = await RvpClient.signOn(options)
  const events: RvpClientEvent[] = []
  client.on((event) => events.push(event))
  const hear = (body: string) => inbox.listener?.notify(body)
  /** What was asked since the last call. */
  let seen = 0
  const asked = () => {
    const fresh = transport.requests.slice(seen)
    seen = transport.requests.length
    return fresh
  }
  return { client, inbox, timers, events, hear, asked }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve()
}

const message = (mime: string) =>
  writeMessage({ from: { href: bob, description: 'Bob' }, to: [{ href: alice, description: '' }], mime })

describe('signing on, RVP §5.1.7.1', () => {
  it('makes the requests of a well-behaved client, each in the caller’s name', async () => {
    const { client, asked } = await signOn(server())
    const requests = asked()
    const line = (request: RvpTransportRequest) => {
      const type = headerOf(request, 'Notification-Type')
      return [request.method, ...(type ? [type] : [])].join(' ')
    }
    expect(requests.map(line)).toEqual([
      'SUBSCRIBE pragma/notify',
      'PROPFIND',
      'PROPPATCH',
      'SUBSCRIPTIONS update/propchange',
      'ACL',
      'SUBSCRIBE update/propchange',
    ])
    for (const request of requests) {
      expect(request.url).toBe(alice)
      expect(headerOf(request, 'RVP-From-Principal')).toBe(alice)
      expect(headerOf(request, 'RVP-Notifications-Version')).toBe('0.2')
    }
    expect(headerOf(requests[0] as RvpTransportRequest, 'Call-Back')).toBe('http://192.0.2.7:1234')
    expect(headerOf(requests[1] as RvpTransportRequest, 'Depth')).toBe('0')
    expect(headerOf(requests[5] as RvpTransportRequest, 'Call-Back')).toBe(alice)
    expect(client.displayName).toBe('Alice & Co')
    expect(client.stateOf(alice)).toBe('online')
  })

  it('leaves nothing behind when the server refuses', async () => {
    const transport = server(({ method }) => (method === 'ACL' ? { status: 403 } : undefined))
    const inbox = new ScriptedInbox()
    const timers = new ManualTimers()
    const signingOn = RvpClient.signOn({ transport, inbox, timers, domain: 'im.example.com', alias: 'alice' })
    await expect(signingOn).rejects.toBeInstanceOf(RequestRefusedError)
    expect(inbox.isClosed).toBe(true)
    expect(timers.waiting).toEqual([])
  })

  it('signs off with an offline state and without its subscriptions', async () => {
    const { client, inbox, timers, asked } = await signOn(server())
    await client.watch(bob)
    asked()
    await client.signOff()
    const requests = asked()
    expect(requests.map(({ method }) => method).sort()).toEqual(['PROPPATCH', ...Array(3).fill('UNSUBSCRIBE')])
    const goodBye = requests.find(({ method }) => method === 'PROPPATCH')?.body ?? ''
    expect(parsePropertyUpdate(goodBye)).toMatchObject([{ kind: 'set-state', state: 'offline', viewId: 77 }])
    expect(inbox.isClosed).toBe(true)
    expect(timers.waiting).toEqual([])
  })
})

describe('staying signed on, RVP §5.5.2', () => {
  it('renews the state on its view, and subscriptions by their id', async () => {
    const { client, timers, asked } = await signOn(server())
    await client.setState('busy')
    asked()
    timers.elapse(900_000)
    await settled()
    const [state] = asked()
    expect(parsePropertyUpdate(state?.body ?? '')).toMatchObject([{ state: 'busy', leaseSeconds: 1200, viewId: 77 }])
    timers.elapse(13_200_000)
    await settled()
    const renewals = asked().filter(({ method }) => method === 'SUBSCRIBE')
    expect(renewals.map((request) => headerOf(request, 'Subscription-Id'))).toEqual(['1', '2'])
    expect(renewals.every((request) => headerOf(request, 'Call-Back') === undefined)).toBe(true)
  })

  it('signs on again, with its state and its watches, when its inbox is lost', async () => {
    const { client, inbox, asked } = await signOn(server())
    await client.watch(bob)
    await client.setState('away')
    asked()
    inbox.listener?.lost('forgotten')
    await settled()
    expect(asked().map(({ method, url }) => `${method} ${url}`)).toEqual([
      `SUBSCRIBE ${alice}`,
      `PROPPATCH ${alice}`,
      `SUBSCRIBE ${alice}`,
      `SUBSCRIBE ${bob}`,
    ])
  })

  it('unsubscribes first when somebody else reads its inbox, so that a stolen token is worth nothing', async () => {
    const { inbox, asked } = await signOn(server())
    asked()
    inbox.listener?.lost('replaced')
    await settled()
    const [first, second] = asked()
    expect(first).toMatchObject({ method: 'UNSUBSCRIBE', url: alice })
    expect(first && headerOf(first, 'Subscription-Id')).toBe('1')
    expect(second && headerOf(second, 'Notification-Type')).toBe('pragma/notify')
  })

  it('tries again while the server is away, and gives up when it is refused', async () => {
    const answers: ScriptedAnswer[] = []
    const { inbox, timers, events, client } = await signOn(server(() => answers.shift()))
    const iterated = Array.fromAsync(client.events())
    answers.push({ status: 503 }, { status: 403 })
    inbox.listener?.lost('forgotten')
    await settled()
    expect(timers.waiting[0]).toBe(250)
    timers.elapse(250)
    await settled()
    expect(events).toEqual([{ type: 'signed-out', error: expect.any(RequestRefusedError) }])
    expect(await iterated).toEqual(events)
    expect(inbox.isClosed).toBe(true)
  })

  it('ends when the password no longer counts, instead of trying it again and again', async () => {
    let isChanged = false
    const { timers, events, asked } = await signOn(server(() => (isChanged ? { status: 401 } : undefined)))
    asked()
    isChanged = true
    timers.elapse(900_000)
    await settled()
    expect(asked().map(({ method }) => method)).toEqual(['PROPPATCH', 'SUBSCRIBE'])
    expect(events).toMatchObject([{ type: 'signed-out', error: { status: 401 } }])
    expect(timers.waiting).toEqual([])
  })

  it('takes a contact that no longer wants to be watched for offline, and leaves it alone', async () => {
    let isBlocked = false
    const { client, timers, events, asked } = await signOn(
      server(({ url }) => (isBlocked && url === bob ? { status: 403 } : undefined)),
    )
    await client.watch(bob)
    isBlocked = true
    timers.elapse(14_100_000)
    await settled()
    expect(events.at(-1)).toEqual({ type: 'presence', node: bob, state: 'offline' })
    asked()
    timers.elapse(60_000)
    await settled()
    expect(asked().filter(({ url }) => url === bob)).toEqual([])
  })

  it('subscribes anew when the server no longer knows a subscription', async () => {
    const isRenewal = (request: RvpTransportRequest) => headerOf(request, 'Subscription-Id') !== undefined
    const { client, timers, asked } = await signOn(
      server((request) => (request.url === bob && isRenewal(request) ? { status: 412 } : undefined)),
    )
    await client.watch(bob)
    asked()
    timers.elapse(14_100_000)
    await settled()
    const about = asked().filter(({ url }) => url === bob)
    expect(about.map(isRenewal)).toEqual([true, false])
  })
})

describe('presence', () => {
  it('is known from the answer to a watch, then from notifications, each change once', async () => {
    const { client, hear, events } = await signOn(server())
    expect(await client.watch(bob)).toBe('online')
    for (const state of ['busy', 'busy', 'offline'] as const) {
      expect(hear(writePropNotification({ fromHref: bob, toHref: alice, state }))).toBe(true)
    }
    expect(events).toEqual(
      (['online', 'busy', 'offline'] as const).map((state) => ({ type: 'presence', node: bob, state })),
    )
    expect(client.stateOf(bob)).toBe('offline')
  })

  it('keeps what it heard while the answer was under way', async () => {
    const answer = Promise.withResolvers<ScriptedAnswer>()
    const transport = new ScriptedTransport((request) =>
      request.url === bob ? answer.promise : usual(request, () => '1'),
    )
    const { client, hear } = await signOn(transport)
    const watching = client.watch(bob)
    hear(writePropNotification({ fromHref: bob, toHref: alice, state: 'busy' }))
    const request = transport.requests.at(-1) as RvpTransportRequest
    answer.resolve(usual(request, () => '2'))
    expect(await watching).toBe('busy')
  })

  it('is not watched when the server refuses', async () => {
    const { client } = await signOn(server(({ url }) => (url === bob ? { status: 404 } : undefined)))
    await expect(client.watch(bob)).rejects.toMatchObject({ status: 404 })
    expect(client.watched).toEqual([alice])
  })
})

describe('messages, RVP §5.6', () => {
  it('go out with a session, and further ones in the same', async () => {
    const { client, asked } = await signOn(server())
    asked()
    for (const text of ['hello', 'again']) expect(await client.send(bob, text)).toBe('delivered')
    const [first, second] = asked().map((request) => {
      expect(headerOf(request, 'RVP-Ack-Type')).toBe('DeepOr')
      expect(headerOf(request, 'RVP-Hop-Count')).toBe('1')
      const [item] = parseNotification(request.body ?? '')
      if (item?.kind !== 'message') throw new Error('not a message')
      expect(item.from).toEqual({ href: alice, description: 'Alice & Co' })
      return parseMimePayload(item.mime)
    })
    expect(first?.body).toBe('hello')
    expect(first && payloadHeader(first, 'Session-Id')).toBe('{79FC61B5-1234-1234-8A10-941F33CA4C90}')
    expect(second && payloadHeader(second, 'Session-Id')).toBe('{79FC61B5-1234-1234-8A10-941F33CA4C90}')
  })

  it('have an outcome that a person understands', async () => {
    let status = 200
    const { client } = await signOn(server(({ method }) => (method === 'NOTIFY' ? { status } : undefined)))
    for (const [code, outcome] of [
      [200, 'delivered'],
      [403, 'forbidden'],
      [404, 'unknown'],
      [412, 'not-available'],
    ] as const) {
      status = code
      expect(await client.send(bob, 'x')).toBe(outcome)
    }
    status = 503
    await expect(client.send(bob, 'x')).rejects.toMatchObject({ status: 503 })
  })

  it('come as events, and are answered in their session', async () => {
    const { client, hear, events, asked } = await signOn(server())
    hear(message(textPayload({ sessionId: '{S1}', text: 'hi' })))
    hear(message(joinConversationPayload({ sessionId: '{S2}' })))
    expect(events).toMatchObject([
      { type: 'message', from: bob, fromName: 'Bob', text: 'hi', sessionId: '{S1}' },
      { type: 'join', from: bob, sessionId: '{S2}' },
    ])
    asked()
    await client.send(bob, 'there')
    expect(asked()[0]?.body).toContain('Session-Id: {S2}')
    hear(message(leavePayload({ sessionId: '{S2}' })))
    await client.send(bob, 'gone?')
    expect(asked()[0]?.body).not.toContain('{S2}')
  })

  it('that cannot be read are refused', async () => {
    const { hear, events } = await signOn(server())
    expect(hear('<not-xml')).toBe(false)
    expect(events).toEqual([])
  })
})

describe('what the server keeps', () => {
  it('is written one access entry at a time, as servers merge them', async () => {
    const { client, asked } = await signOn(server())
    asked()
    await client.block(bob)
    await client.allow(bob)
    const [block, allow] = asked().map(({ body = '' }) => parseAccessList(body, parseLogicalUrl))
    const entry = { principal: { kind: 'node', node: bob }, credentials: ['assertion', 'digest', 'ntlm'] }
    expect(block).toEqual([{ ...entry, grant: [], deny: ['send-to', 'presence'] }])
    expect(allow).toEqual([{ ...entry, grant: ['send-to', 'presence'], deny: [] }])
  })

  it('includes the contact list, which may be missing', async () => {
    let stored: string | undefined
    const { client } = await signOn(
      server(({ method, url, body = '' }) => {
        if (!body.includes('contacts')) return undefined
        const [change] = method === 'PROPPATCH' ? parsePropertyUpdate(body) : []
        if (change?.kind === 'set') stored = change.xml
        const properties = [{ name: propertyNames.contacts, xml: method === 'PROPFIND' ? (stored ?? '') : '' }]
        const status = method === 'PROPFIND' && stored === undefined ? 404 : 200
        return { status: 207, body: writeMultistatus(url, [{ status, properties }]) }
      }),
    )
    expect(await client.readContacts()).toEqual(parseContacts(''))
    const list = { groups: ['Team'], contacts: [{ href: bob, displayName: 'Bob <B>', groups: ['Team'] }] }
    await client.writeContacts(list)
    expect(await client.readContacts()).toEqual(list)
  })
})
