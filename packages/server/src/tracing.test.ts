import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Tracer, TracerMemory } from '@parley/domain'
import type { FinishedRequest } from '@parley/http'
import { userUrl } from '@parley/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLogger } from './logger.ts'
import { openTracing, tracedEvents } from './tracing.ts'
import { tracingSection } from './tracing-config.ts'

const logger = createLogger('silent')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-tracing-'))
})
afterAll(() => rm(folder, { recursive: true }))

const request: FinishedRequest = {
  reqId: 'a-1',
  method: 'NOTIFY',
  node: userUrl('im.example.com', 'bob'),
  principal: userUrl('im.example.com', 'alice'),
  peer: '10.0.0.1',
  status: 200,
  durationMs: 3,
}

describe('a request that is traced', () => {
  function finish(names: boolean) {
    const finished: FinishedRequest[] = []
    const tracer = new TracerMemory()
    const events = tracedEvents(
      { requestFinished: (each: FinishedRequest) => void finished.push(each) },
      { tracer, names },
    )
    const span = tracer.startSpan('NOTIFY', { kind: 'server' })
    if (!span) throw new Error('nothing is recorded')
    tracer.run(span, () => events.requestFinished(request))
    span.end()
    return { finished, attributes: tracer.ended[0]?.attributes, traceId: span.traceId }
  }

  it('names its trace in the log, and its id in the trace, and nobody', () => {
    const { finished, attributes, traceId } = finish(false)
    expect(finished).toEqual([{ ...request, traceId }])
    expect(attributes).toEqual({ 'parley.request.id': 'a-1' })
  })

  it('names who asked whom from where, if it is told to', () => {
    expect(finish(true).attributes).toEqual({
      'parley.request.id': 'a-1',
      'client.address': '10.0.0.1',
      'parley.node': request.node,
      'user.id': request.principal,
    })
  })
})

describe('a request that is not traced', () => {
  it('is reported as it is', () => {
    const finished: FinishedRequest[] = []
    const tracer: Tracer = new TracerMemory(() => false)
    const events = { requestFinished: (each: FinishedRequest) => void finished.push(each) }
    tracedEvents(events, { tracer, names: true }).requestFinished(request)
    expect(finished[0]).toBe(request)
  })
})

describe('the configuration of traces', () => {
  const section = (more: object = {}) => tracingSection.parse({ endpoint: 'http://127.0.0.1:4318', ...more })
  const fileWith = async (text: string): Promise<string> => {
    const file = join(folder, 'headers')
    await writeFile(file, text, { mode: 0o600 })
    return file
  }

  it('is none by default', async () => {
    expect(await openTracing({ tracing: undefined }, 'router', logger)).toBeUndefined()
  })

  it('takes headers from a file', async () => {
    const headersFile = await fileWith('authorization: Bearer x\n\nx-tenant: im\n')
    await using tracing = await openTracing({ tracing: section({ headersFile }) }, 'router', logger)
    expect(tracing).toMatchObject({ names: false, trustsClients: false })
  })

  it('says which line of that file is wrong, and not what stands there', async () => {
    const headersFile = await fileWith('authorization: Bearer x\nBearer secret\n')
    const opening = openTracing({ tracing: section({ headersFile }) }, 'router', logger)
    await expect(opening).rejects.toThrow(/^line 2 of the file of "tracing.headersFile" is not NAME: VALUE$/)
  })

  it.each([{ endpoint: 'otel-collector:4318' }, { endpoint: 'grpc://otel-collector:4317' }, { ratio: 1.5 }])(
    'refuses %j',
    (wrong) => {
      expect(() => section(wrong)).toThrow()
    },
  )
})
