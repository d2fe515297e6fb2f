import { StatusBusNats } from '@parley/adapter-nats'
import { systemClock, systemIds } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import type { ClusterConfig } from '../cluster-config.ts'
import { createNatsEvents } from '../cluster-events.ts'
import { natsSettings } from '../cluster-secrets.ts'
import { Conditions } from '../conditions.ts'
import { createLogger } from '../logger.ts'
import { Metrics } from '../metrics.ts'
import { type Finding, fail, findingOf, ok, reasonOf } from './finding.ts'

const attempts = 10
const attemptMs = 300

/** A connection to one server, and what is wrong with it. */
interface Probe extends AsyncDisposable {
  readonly server: string
  readonly bus: StatusBusNats
  readonly problems: () => readonly Finding[]
  /** Resolves at the first problem. */
  readonly troubled: Promise<void>
}

/** Each NATS server: takes us, lets us do what a home does, and hears what is said at another one. */
export async function checkNats(config: ClusterConfig): Promise<readonly Finding[]> {
  await using open = new AsyncDisposableStack()
  try {
    const { servers } = config.nats
    const probes = await Promise.all(servers.map((server) => openProbe(config, server)))
    for (const probe of probes) open.use(probe)
    const first = probes.find(({ bus }) => bus.server !== undefined)
    if (!first) return probes.flatMap(({ problems }) => problems())
    // NOTE: a bus hears itself without NATS, so another one must speak.
    const speaker = open.use(await openProbe(config, first.server))
    return (await Promise.all(probes.map((probe) => checkProbe(probe, speaker, config)))).flat()
  } catch (error) {
    return [fail(`NATS cannot be used: ${reasonOf(error)}`, 'mend "nats" in the configuration')]
  }
}

async function openProbe(config: ClusterConfig, server: string): Promise<Probe> {
  const conditions = new Conditions()
  const { promise: troubled, resolve } = Promise.withResolvers<void>()
  const told = createNatsEvents(createLogger('silent'), new Metrics(), conditions)
  const events = {
    ...told,
    problem: (detail: string) => {
      told.problem(detail)
      resolve()
    },
  }
  const settings = { ...natsSettings(config), servers: [server] }
  const bus = await StatusBusNats.connect(settings, { clock: systemClock, ids: systemIds, events })
  const problems = () =>
    conditions.list().map((text) => findingOf('fail', text, `check ${server}; routers can do without it`))
  return { server, bus, problems, troubled, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() }
}

/** Whether a change that `speaker` publishes comes to this server. Nobody else watches the node that it is about. */
async function checkProbe(probe: Probe, speaker: Probe, config: ClusterConfig): Promise<readonly Finding[]> {
  const { server, bus } = probe
  const node = userUrl(config.domains[0]?.name ?? '', `parley-doctor-${systemIds.number()}`)
  let isHeard = false
  const { promise: heard, resolve } = Promise.withResolvers<void>()
  bus.watch(node, () => {
    isHeard = true
    resolve()
  })
  await bus.flush()
  // NOTE: several times, as servers need a moment to tell each other who listens.
  for (let attempt = 1; attempt <= attempts && !isHeard; attempt += 1) {
    speaker.bus.publish({ node, epoch: 1, sequence: attempt, state: 'offline' })
    await Promise.race([heard, probe.troubled, speaker.troubled, elapsed(attemptMs)])
    const problems = [...probe.problems(), ...(probe.server === speaker.server ? speaker.problems() : [])]
    if (problems.length > 0) return problems
  }
  if (isHeard) return [ok(`${server} takes us, lets us do what a home does, and hears the others`)]
  return [
    fail(`${server} does not hear what is said at ${speaker.server}`, 'let all of nats.servers be one NATS cluster'),
  ]
}

async function elapsed(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  systemClock.after(ms, resolve)
  await promise
}
