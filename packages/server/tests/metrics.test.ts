import { readFile } from 'node:fs/promises'
import { CredentialSourceMemory, parseHomeName, StatusBusMemory } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { composeHome } from '../src/compose-home.ts'
import { composeRouter } from '../src/compose-router.ts'
import { composeServe } from '../src/compose-serve.ts'
import { SyncMetrics } from '../src/sync-metrics.ts'
import { memoryConfig, memoryParts } from './memory-parts.ts'
import { TemporaryOffice } from './temporary-office.ts'

const listen = [{ at: '127.0.0.1:0' }]
const admin = '127.0.0.1:0'

/** Metrics of ours that docs/operations.md says a role has. */
async function documented(role: string): Promise<string[]> {
  const page = await readFile(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  return page
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .filter(([, name, roles]) => name?.startsWith('`parley_') && (roles === 'all' || roles?.split(', ').includes(role)))
    .flatMap(([, names = '']) => names.split(', ').map((name) => name.replaceAll('`', '')))
    .sort()
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/^# TYPE (parley_\w+) /gm)].map(([, name = '']) => name).sort()
}

async function metricsAt(adminUrl: string | undefined): Promise<string> {
  return await (await fetch(`${adminUrl}/metrics`)).text()
}

async function startRouter() {
  const credentials = new CredentialSourceMemory('im.example.com', 'im', [])
  const node = composeRouter(memoryConfig({ admin, listen }), { ...memoryParts(), credentials })
  await node.start()
  return node
}

async function startHome(names: readonly string[], parts = memoryParts()) {
  const config = memoryConfig({ admin, home: { names: [...names], standbyFor: [] } })
  const node = composeHome(config, { ...parts, bus: new StatusBusMemory() })
  await node.start()
  return node
}

describe('the metrics of a process are those of docs/operations.md', () => {
  it('for a router', async () => {
    await using node = await startRouter()
    expect(namesIn(await metricsAt(node.adminUrl))).toEqual(await documented('router'))
  })

  it('for a home', async () => {
    await using node = await startHome(['hq-1'])
    expect(namesIn(await metricsAt(node.adminUrl))).toEqual(await documented('home'))
  })

  it('for an office in one process', async () => {
    await using office = await TemporaryOffice.open(['alice'])
    await using node = composeServe(office.config({ admin }))
    await node.start()
    expect(namesIn(await metricsAt(node.adminUrl))).toEqual(await documented('serve'))
  })

  it('for parley sync', async () => {
    const metrics = new SyncMetrics({ isReady: () => true, isRedisConnected: () => true })
    expect(namesIn(await metrics.text())).toEqual(await documented('sync'))
  })
})

describe('what a process shows of itself', () => {
  it('is ready and connected, and counts a request by its method', async () => {
    await using node = await startRouter()
    const [url] = node.urls
    await fetch(`${url}/instmsg/aliases/bob`, { method: 'PROPFIND' })
    const lines = (await metricsAt(node.adminUrl)).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'parley_ready 1',
        'parley_redis_connected 1',
        'parley_requests_in_flight 0',
        'parley_streams 0',
        'parley_requests_total{method="PROPFIND",status="401"} 1',
        'parley_request_duration_seconds_count{method="PROPFIND"} 1',
      ]),
    )
  })

  it('tells which of its homes it serves, and which another process has', async () => {
    const parts = memoryParts()
    const oslo = parseHomeName('oslo-1')
    await parts.shared.leases.take(oslo, { id: 'other', clusterUrl: 'http://127.0.0.1:1' }, 60_000)
    await using node = await startHome(['hq-1', oslo], parts)
    const lines = (await metricsAt(node.adminUrl)).split('\n')
    expect(lines).toEqual(
      expect.arrayContaining([
        'parley_home_serving{home="hq-1",own="yes"} 1',
        'parley_home_serving{home="oslo-1",own="yes"} 0',
        'parley_home_changes_total{what="taken"} 1',
        'parley_nats_connected 1',
      ]),
    )
  })
})
