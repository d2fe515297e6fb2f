import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { eventually } from '../cluster/eventually.ts'
import { ParleyCluster } from '../cluster/parley-cluster.ts'
import type { ParleyProcess } from '../cluster/parley-process.ts'
import { ParleyUser } from '../parley-user.ts'
import { metricsIn, panelQueries } from './panel-queries.ts'
import { Prometheus, type RuleState } from './prometheus.ts'
import { rulesFile } from './promtool.ts'

const users = ['alice', 'bob', 'carol', 'dave']
const patienceMs = 30_000
const runbooks = join(import.meta.dirname, '../../docs/runbooks')

/** Queries that have no data while all is well, by the panel's title, and why it takes more than this test to give them some. */
const emptyWhenWell: ReadonlyMap<string, string> = new Map([
  ['Other IM domains', 'no other domain is configured here'],
  ['Certificates', 'nothing here speaks TLS'],
  ['Failures that nobody foresaw', 'has a second query for answers 500, which are defects of ours'],
])

describe('a cluster that Prometheus watches', () => {
  let cluster: ParleyCluster
  let prometheus: Prometheus
  let processes: readonly ParleyProcess[]
  /** What happens all the time. */
  let chat: () => Promise<void>
  const open = new AsyncDisposableStack()

  beforeAll(async () => {
    cluster = open.use(await ParleyCluster.start({ users, homes: ['hq-1', 'hq-2'] }))
    const sync = await cluster.newSync()
    await sync.start()
    processes = [...cluster.routers, ...cluster.homes, sync]
    const targets = processes.map(({ name, adminUrl }) => ({
      job: `parley-${name.split(' ')[0]}`,
      pod: name.replace(' ', '-'),
      adminUrl,
    }))
    prometheus = open.use(await Prometheus.start(targets))
    chat = await meet(cluster, open)
  })

  afterAll(() => open.disposeAsync())

  it.each(panelQueries())('$dashboard, "$panel": $expression', async ({ panel, expression }) => {
    const hasData = async () => {
      await chat()
      return (await prometheus.query(expression)).some(({ value }) => !Number.isNaN(value))
    }
    if (emptyWhenWell.has(panel)) await prometheus.query(expression)
    else await eventually(`"${panel}" has data`, patienceMs, hasData)
  })

  it('exposes every metric that a rule, a panel or a runbook names', async () => {
    const texts = await Promise.all(processes.map(async ({ adminUrl }) => (await fetch(`${adminUrl}/metrics`)).text()))
    const known = new Set(texts.flatMap((one) => [...one.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name)))
    const pages = readdirSync(runbooks).map((page) => readFileSync(join(runbooks, page), 'utf8'))
    const queries = panelQueries().map(({ expression }) => expression)
    const named = metricsIn([readFileSync(rulesFile, 'utf8'), ...queries, ...pages])
    expect(named.filter((name) => !known.has(name) && !known.has(name.replace(/_(?:bucket|sum|count)$/, '')))).toEqual(
      [],
    )
  })

  it('evaluates every rule, and none fires', async () => {
    const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: { rules: unknown[] }[] }
    const count = groups.flatMap((group) => group.rules).length
    const isEvaluated = (rule: RuleState): boolean => rule.health === 'ok'
    await eventually('all are evaluated', patienceMs, async () => (await prometheus.rules()).every(isEvaluated))
    const rules = await prometheus.rules()
    expect(rules).toHaveLength(count)
    // NOTE: on a busy machine some may be about to.
    expect(rules.filter(({ state }) => state === 'firing')).toEqual([])
  })

  it('notices a home that is killed and held by another process, and a sync that ends', async () => {
    const [, second] = cluster.homes
    const sync = processes.at(-1)
    await Promise.all([second?.kill(), sync?.stop()])
    const expected = ['ParleyHomeHeldByStandby', 'ParleyNobodySyncs', 'ParleyProcessAway']
    const pending = async () => {
      const states = await prometheus.rules()
      return expected.every((name) => states.some((rule) => rule.name === name && rule.state === 'pending'))
    }
    await eventually(`${expected} are pending`, patienceMs, pending)
  })
})

/** Something for every counter: people sign in, see each other, talk, and go; one mistypes; something is no HTTP. Gives what they go on with. */
async function meet(cluster: ParleyCluster, open: AsyncDisposableStack): Promise<() => Promise<void>> {
  const [router] = cluster.routers
  const { domain } = cluster
  const server = { port: Number(new URL(router?.url ?? '').port) }
  const signOn = async (name: string) => open.use(await ParleyUser.signOn(server, domain, cluster.account(name)))
  const [alice, bob, carol] = [await signOn('alice'), await signOn('bob'), await signOn('carol')]
  await alice.addContact('bob')
  await bob.addContact('alice')
  await bob.setState('busy')
  await alice.seesBecome('bob', 'busy')
  await alice.send('bob', 'hello')
  await bob.send('alice', 'hello yourself')
  await alice.send('carol', 'and you')
  await carol.signOff()
  await expect(ParleyUser.signOn(server, domain, { name: 'dave', password: 'not his' })).rejects.toThrow()
  const socket = connect(server.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.end('this is no HTTP\r\n\r\n')
  await text(socket)
  return async () => {
    await alice.addContact('carol')
    await alice.send('bob', 'still there?')
    await alice.removeContact('carol')
  }
}
