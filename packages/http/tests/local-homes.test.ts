import { type HomeLease, parseHomeName, systemIds } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { type ClusterClient, NodeUnreachableError, NotHeldError } from '../src/cluster-client.ts'
import type { HeldHome } from '../src/cluster-endpoint.ts'
import type { HttpRequest, HttpResponse } from '../src/http-message.ts'
import { LocalHomes } from '../src/local-homes.ts'
import type { RvpResponse } from '../src/rvp-exchange.ts'
import { streamPath } from '../src/stream-hub.ts'
import { createStreamToken } from '../src/stream-token.ts'
import { bob, clientRequest } from './cluster-under-test.ts'

const elsewhere: Pick<ClusterClient, 'forward' | 'stream'> = {
  forward: async () => ({ status: 299 }),
  stream: async () => ({ status: 299, headers: [] }),
}

function leaseOf(home: string, epoch: number): HomeLease {
  return { home: parseHomeName(home), epoch, holder: { id: 'p', clusterUrl: 'http://127.0.0.1:1' } }
}

/** A process that holds hq-1 since epoch 5. */
function holder(given: { answer?: () => Promise<RvpResponse>; streams?: () => HttpResponse; serves?: boolean } = {}) {
  const home: Pick<HeldHome, 'epoch' | 'service' | 'serves'> = {
    epoch: 5,
    service: { handle: given.answer ?? (async () => ({ status: 200 })) },
    serves: () => given.serves ?? true,
  }
  return new LocalHomes({
    held: (name) => (name === 'hq-1' ? (home as HeldHome) : undefined),
    streams: { handle: given.streams ?? (() => ({ status: 200, headers: [] })) },
    client: elsewhere,
  })
}

function streamRequest(): HttpRequest {
  const target = streamPath(createStreamToken(bob, systemIds))
  return { method: 'GET', target } as HttpRequest
}

describe('a router in a process that holds homes', () => {
  it.each([
    ['hq-1', 5, 200],
    ['hq-1', 4, 200],
    ['hq-1', 6, 299],
    ['hq-2', 5, 299],
  ])('asks for %s at epoch %i where that is held', async (home, epoch, status) => {
    const homes = holder()
    expect((await homes.forward(leaseOf(home, epoch), clientRequest('NOTIFY'))).status).toBe(status)
    expect((await homes.stream(leaseOf(home, epoch), streamRequest())).status).toBe(status)
  })

  it('hears that its home gives a node up', async () => {
    const homes = holder({ answer: () => Promise.reject(new NotHeldError()) })
    await expect(homes.forward(leaseOf('hq-1', 5), clientRequest('NOTIFY'))).rejects.toThrow(NotHeldError)
  })

  it('does not take what its home could not reach for its home', async () => {
    const err = new NodeUnreachableError('gone', { mayHaveArrived: true })
    const homes = holder({ answer: () => Promise.reject(err) })
    const answer = homes.forward(leaseOf('hq-1', 5), clientRequest('NOTIFY'))
    await expect(answer).rejects.toMatchObject({ name: 'UnavailableError', status: 503 })
  })

  it('tells a device 404 only where the node of the stream lives', async () => {
    const streams = () => ({ status: 404, headers: [] })
    expect((await holder({ streams }).stream(leaseOf('hq-1', 5), streamRequest())).status).toBe(404)
    const moved = holder({ streams, serves: false }).stream(leaseOf('hq-1', 5), streamRequest())
    await expect(moved).rejects.toThrow(NotHeldError)
  })
})
