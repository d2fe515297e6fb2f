import { describe, expect, it } from 'vitest'
import { startNats, startNatsCluster } from '../src/index.ts'

interface ServerFacts {
  readonly port: number
  readonly max_connections: number
  readonly start: string
}

describe('a NATS server of a test', () => {
  it('runs with the given configuration and files, and on the same port after a kill', async () => {
    const options = { config: 'include "more.conf"', files: { 'more.conf': 'max_connections: 77' } }
    await using nats = await startNats(options)
    const before = await facts(nats)
    expect(before).toMatchObject({ port: nats.port, max_connections: 77 })
    await nats.kill()
    await expect(facts(nats)).rejects.toThrow('fetch failed')
    await nats.restart()
    const after = await facts(nats)
    expect(after).toMatchObject({ port: nats.port, max_connections: 77 })
    expect(after.start).not.toBe(before.start)
  })

  it('answers nothing while it is paused, and goes on afterwards', async () => {
    await using nats = await startNats()
    await nats.pause()
    await expect(facts(nats, AbortSignal.timeout(300))).rejects.toThrow('timeout')
    await nats.resume()
    expect(await facts(nats)).toMatchObject({ port: nats.port })
  })

  it('says why it does not start', async () => {
    await expect(startNats({ config: 'nonsense {' })).rejects.toThrow('Parse error')
  })
})

describe('a NATS cluster of a test', () => {
  it('has a route from each server to each other, again after one was away', async () => {
    await using cluster = await startNatsCluster(3)
    const [first] = cluster.servers
    await first?.kill()
    await first?.restart()
    await cluster.ready()
    for (const { monitorUrl } of cluster.servers)
      expect(await (await fetch(`${monitorUrl}/routez`)).json()).toMatchObject({ num_routes: 2 })
  })
})

async function facts({ monitorUrl }: { readonly monitorUrl: string }, signal?: AbortSignal): Promise<ServerFacts> {
  const response = await fetch(`${monitorUrl}/varz`, { signal: signal ?? null })
  return (await response.json()) as ServerFacts
}
