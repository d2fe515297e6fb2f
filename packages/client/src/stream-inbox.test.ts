import { describe, expect, it } from 'vitest'
import { RequestRefusedError, TransportError } from './client-error.ts'
import type { InboxListener } from './device-inbox.ts'
import { StreamInbox } from './stream-inbox.ts'
import { ManualTimers } from './testing/manual-timers.ts'
import { type ScriptedAnswer, ScriptedStream, ScriptedTransport } from './testing/scripted-transport.ts'
import type { RvpTransportHead } from './transport.ts'

const random = { fraction: () => 0, guid: () => '' }
const path = '/instmsg/streams/t0k3n'
const accepted: RvpTransportHead = {
  status: 200,
  url: 'http://im.example.com/instmsg/aliases/alice',
  direct: false,
  header: (name) => (name === 'RVP-Stream' ? path : undefined),
}

/** What the device heard, in order; `until` resolves when something was heard. */
class Heard implements InboxListener {
  readonly all: string[] = []
  #waiting: (() => void)[] = []

  notify(body: string): boolean {
    this.#add(`notify ${body}`)
    return true
  }

  connection(up: boolean): void {
    this.#add(up ? 'up' : 'down')
  }

  lost(how: 'forgotten' | 'replaced'): void {
    this.#add(how)
  }

  async until(what: string): Promise<void> {
    while (!this.all.includes(what)) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #add(what: string): void {
    this.all.push(what)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

/** A server with one stream after another. */
function server(...openings: (ScriptedStream | ScriptedAnswer)[]) {
  const acknowledged: (string | undefined)[] = []
  const resumed: (string | undefined)[] = []
  const answers: Promise<ScriptedAnswer>[] = []
  const transport = new ScriptedTransport(
    (request) => {
      acknowledged.push(lastEventId(request))
      return answers.shift() ?? { status: 200 }
    },
    (request) => {
      resumed.push(lastEventId(request))
      return openings.shift() ?? { status: 404 }
    },
  )
  return { transport, acknowledged, resumed, answers }
}

function lastEventId({ headers }: { headers: readonly (readonly [string, string])[] }): string | undefined {
  return headers.find(([name]) => name === 'Last-Event-ID')?.[1]
}

async function open(transport: ScriptedTransport) {
  const heard = new Heard()
  const timers = new ManualTimers()
  const inbox = new StreamInbox({ transport, timers, random, headers: [['RVP-From-Principal', 'alice']] })
  expect(await inbox.start(heard)).toEqual([['RVP-Stream', '1']])
  await inbox.accepted(accepted)
  return { inbox, heard, timers }
}

const notifyEvent = (id: number) => `id: ${id}\nevent: notify\ndata: ${JSON.stringify(`<n>${id}</n>`)}\n\n`

describe('StreamInbox, docs/protocol/streams.md', () => {
  it('opens the stream that the server named, and hands on the bodies that come over it', async () => {
    const stream = new ScriptedStream()
    const { transport } = server(stream)
    const { inbox, heard } = await open(transport)
    expect(transport.requests[0]).toMatchObject({ method: 'GET', url: `http://im.example.com${path}` })
    stream.write(notifyEvent(1))
    await heard.until('notify <n>1</n>')
    expect(heard.all).toEqual(['up', 'notify <n>1</n>'])
    await inbox.close()
  })

  it('acknowledges one at a time, and with one request all that came meanwhile', async () => {
    const stream = new ScriptedStream()
    const { transport, acknowledged, answers } = server(stream)
    const first = Promise.withResolvers<ScriptedAnswer>()
    answers.push(first.promise)
    const { inbox, heard } = await open(transport)
    stream.write(notifyEvent(1))
    await heard.until('notify <n>1</n>')
    stream.write(notifyEvent(2) + notifyEvent(3))
    await heard.until('notify <n>3</n>')
    expect(acknowledged).toEqual(['1'])
    first.resolve({ status: 200 })
    await first.promise
    await expect.poll(() => acknowledged).toEqual(['1', '3'])
    await inbox.close()
  })

  it('acknowledges what it has taken although the connection has broken, before it comes back', async () => {
    const stream = new ScriptedStream()
    const { transport, acknowledged, answers, resumed } = server(stream)
    const first = Promise.withResolvers<ScriptedAnswer>()
    answers.push(first.promise)
    const { inbox, heard } = await open(transport)
    stream.write(notifyEvent(1))
    await heard.until('notify <n>1</n>')
    stream.write(notifyEvent(2))
    await heard.until('notify <n>2</n>')
    stream.end()
    await heard.until('down')
    first.resolve({ status: 200 })
    await expect.poll(() => acknowledged).toEqual(['1', '2'])
    expect(resumed).toEqual([undefined])
    await inbox.close()
  })

  it('comes back after a break, and resumes after the last event', async () => {
    const [one, two] = [new ScriptedStream(), new ScriptedStream()]
    const { transport, resumed } = server(one, { status: 503 }, two)
    const { inbox, heard, timers } = await open(transport)
    one.write(notifyEvent(1))
    await heard.until('notify <n>1</n>')
    one.end()
    await heard.until('down')
    await expect.poll(() => timers.waiting).toEqual([250])
    timers.elapse(250)
    await expect.poll(() => timers.waiting).toEqual([500])
    timers.elapse(500)
    two.write(notifyEvent(2))
    await heard.until('notify <n>2</n>')
    expect(resumed).toEqual([undefined, '1', '1'])
    expect(heard.all).toEqual(['up', 'notify <n>1</n>', 'down', 'up', 'notify <n>2</n>'])
    await inbox.close()
  })

  it('goes on after a reset, and when the server does not know what is acknowledged', async () => {
    const stream = new ScriptedStream()
    const { transport, acknowledged, answers, resumed } = server(stream)
    answers.push(Promise.resolve({ status: 412 }))
    const { inbox, heard } = await open(transport)
    stream.write(`event: reset\ndata: {}\n\n${notifyEvent(1)}`)
    await heard.until('notify <n>1</n>')
    await expect.poll(() => acknowledged).toEqual(['1'])
    stream.write(notifyEvent(2))
    await expect.poll(() => acknowledged).toEqual(['1', '2'])
    expect(resumed).toEqual([undefined])
    await inbox.close()
  })

  it('says that it is lost when the server no longer knows the stream', async () => {
    const stream = new ScriptedStream()
    const { inbox, heard, timers } = await open(server(stream, { status: 404 }).transport)
    stream.end()
    await expect.poll(() => timers.waiting).toEqual([250])
    timers.elapse(250)
    await heard.until('forgotten')
    expect(heard.all).toEqual(['up', 'down', 'forgotten'])
    await inbox.close()
  })

  it('does not come back to a stream that has ended, and does not acknowledge its openings', async () => {
    const stream = new ScriptedStream()
    const { transport, acknowledged, resumed } = server(stream)
    const { inbox, heard } = await open(transport)
    stream.write('retry: 1500\nid: e-0\nevent: open\ndata: {}\n\n')
    stream.write('event: close\ndata: {"reason":"ended"}\n\n')
    await heard.until('forgotten')
    expect(heard.all).toEqual(['up', 'down', 'forgotten'])
    expect(acknowledged).toEqual([])
    expect(resumed).toEqual([undefined])
    await inbox.close()
  })

  it('says so when somebody else has taken the stream over', async () => {
    const stream = new ScriptedStream()
    const { inbox, heard } = await open(server(stream).transport)
    stream.write('event: close\ndata: {"reason":"replaced"}\n\n')
    await heard.until('replaced')
    expect(heard.all).toEqual(['up', 'down', 'replaced'])
    await inbox.close()
  })

  it('waits as long as the server asks', async () => {
    const stream = new ScriptedStream()
    const { inbox, timers } = await open(server(stream).transport)
    stream.write('retry: 1500\nid: e-0\nevent: open\ndata: {}\n\n')
    stream.end()
    await expect.poll(() => timers.waiting).toEqual([1500])
    await inbox.close()
  })

  it('reconnects when an acknowledgement fails', async () => {
    const [one, two] = [new ScriptedStream(), new ScriptedStream()]
    const { transport, resumed, answers } = server(one, two)
    answers.push(Promise.resolve({ status: 503 }))
    const { inbox, heard, timers } = await open(transport)
    one.write(notifyEvent(1))
    await heard.until('down')
    await expect.poll(() => timers.waiting).toEqual([250])
    timers.elapse(250)
    await expect.poll(() => resumed).toEqual([undefined, '1'])
    await inbox.close()
  })

  it('drops a connection that breaks the rules of event streams', async () => {
    const stream = new ScriptedStream()
    const { inbox, heard } = await open(server(stream).transport)
    stream.write(`data: ${'x'.repeat(2 ** 21)}`)
    await heard.until('down')
    await inbox.close()
  })

  it('fails at once when the stream is refused from the start, or the server has no streams', async () => {
    const { transport } = server({ status: 403 })
    await expect(open(transport)).rejects.toBeInstanceOf(RequestRefusedError)
    const inbox = new StreamInbox({ transport, timers: new ManualTimers(), random, headers: [] })
    await inbox.start(new Heard())
    await expect(inbox.accepted({ ...accepted, header: () => undefined })).rejects.toBeInstanceOf(TransportError)
  })

  it('stops in the middle of a pause', async () => {
    const stream = new ScriptedStream()
    const { inbox, timers } = await open(server(stream).transport)
    stream.end()
    await expect.poll(() => timers.waiting).toEqual([250])
    await inbox.close()
    expect(timers.waiting).toEqual([])
  })
})
