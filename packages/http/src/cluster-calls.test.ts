import type { HomePeerService, WatchReport } from '@parley/domain'
import { logicalUrlOf } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { Addressing } from './addressing.ts'
import { callHandlers } from './cluster-calls.ts'

describe('the calls between homes', () => {
  it('carry every spelling of a node that an edge lets pass, so that no watch holds up the reports of others', async () => {
    const path = `/groups/${'a'.repeat(2015)}`
    const host = `${'h'.repeat(249)}:65535`
    const { node, href } = new Addressing([{ domain: 'im.example.com', aliases: [] }]).locate({
      target: path,
      host,
      fromPrincipal: undefined,
      localPort: 80,
    })
    const told: WatchReport[] = []
    const peers = {
      report: async (report: WatchReport) => ({ epoch: told.push(report) }),
    } as unknown as HomePeerService
    const alice = logicalUrlOf('im.example.com', '/instmsg/aliases/alice')
    const watch = { watcher: alice, receiver: alice, href, watcherHref: alice, permitted: true }
    const report = { presentity: node, sequence: 1, state: 'online', put: [watch], removed: [] }
    await callHandlers.report(peers, { from: 'hq', epoch: 1, number: 1, reports: [report] })
    expect(told[0]?.reports[0]?.put).toEqual([watch])
  })
})
