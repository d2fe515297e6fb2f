import { Balancer } from '../cluster/balancer.ts'
import { eventually } from '../cluster/eventually.ts'
import { NatsMesh } from '../cluster/nats-mesh.ts'
import { ParleyCluster } from '../cluster/parley-cluster.ts'
import type { ParleyProcess } from '../cluster/parley-process.ts'
import type { Person } from './person.ts'
import type { Judgement, Population } from './population.ts'
import type { Traffic } from './traffic.ts'
import { type Fault, Trial } from './trial.ts'

const peopleCount = 300
const spareCount = 20
const homeNames = ['hq-1', 'hq-2', 'hq-3'] as const
/** What is done while a fault lasts; a long fault outlasts leases, pings and beats. */
const workDuring = { short: 150, long: 500 } as const
/** A standby takes an orphaned home over within this (design.md, "Holding a home"). */
const takeoverMs = 10_000

/** One home as `parley status --json` shows it. */
interface HomeStatus {
  readonly home: string
  readonly holder?: string
  readonly epoch?: number
  readonly users: number
  readonly degraded: readonly string[]
}

/** Three routers, three homes, Redis, three NATS servers and 300 people at work on them. */
export class FaultScenario implements AsyncDisposable {
  readonly cluster: ParleyCluster
  readonly nats: NatsMesh
  readonly balancer: Balancer
  readonly #trial: Trial
  readonly #open: AsyncDisposableStack
  #spares = 0

  private constructor(
    parts: Pick<FaultScenario, 'cluster' | 'nats' | 'balancer'>,
    trial: Trial,
    open: AsyncDisposableStack,
  ) {
    this.cluster = parts.cluster
    this.nats = parts.nats
    this.balancer = parts.balancer
    this.#trial = trial
    this.#open = open
  }

  static async start(seed: number): Promise<FaultScenario> {
    await using open = new AsyncDisposableStack()
    const aliases = Array.from({ length: peopleCount }, (_, index) => `user${index}`)
    const spares = Array.from({ length: spareCount }, (_, index) => `spare${index}`)
    const nats = await NatsMesh.start()
    const users = [...aliases, ...spares]
    const cluster = open.use(await ParleyCluster.start({ users, routers: 3, homes: homeNames, nats }))
    const balancer = open.use(await Balancer.open(cluster.routers))
    const server = balancer.url
    const trial = open.use(await Trial.begin({ aliases, server, domain: cluster.domain, seed }))
    return new FaultScenario({ cluster, nats, balancer }, trial, open.move())
  }

  get population(): Population {
    return this.#trial.population
  }

  /** Lets everybody work, lets the fault come and go, and checks what everybody has seen. */
  async survive(fault: Fault, judgement?: Judgement): Promise<void> {
    await this.#makeWhole()
    await this.#trial.survive(fault, judgement)
  }

  /** Lets people work on while a fault lasts. */
  async workOn(traffic: Traffic, howLong: keyof typeof workDuring = 'short'): Promise<void> {
    await traffic.more(workDuring[howLong])
  }

  /** Sees to it that not all homes are at the same NATS server, which each chooses by chance. */
  async spreadOverNats(): Promise<void> {
    await this.nats.joined()
    for (const home of this.cluster.homes) {
      const used = (await this.nats.clients()).filter((count) => count > 0)
      if (used.length > 1) return
      await home.restart()
    }
  }

  /** The homes of the cluster, as its status command shows them. */
  async homes(): Promise<readonly HomeStatus[]> {
    const { stdout } = await this.cluster.tryCommand(['status', '--json'])
    const { homes } = JSON.parse(stdout.join('\n')) as { homes: HomeStatus[] }
    return homes
  }

  /** The process that holds the most homes, and their names. */
  async busiestHome(): Promise<{ process: ParleyProcess; names: readonly string[] }> {
    const homes = await this.homes()
    const held = this.cluster.homes.map((process) => ({ process, names: namesHeldBy(process, homes) }))
    const busiest = held.sort((one, other) => other.names.length - one.names.length)[0]
    if (!busiest || busiest.names.length === 0) throw new Error('nobody holds a home')
    return busiest
  }

  /** The names of the homes that a process holds. */
  async heldBy(process: ParleyProcess): Promise<readonly string[]> {
    return namesHeldBy(process, await this.homes())
  }

  /** Resolves once all homes have holders that answer, which takes a standby 10 s at most. */
  async takenOver(): Promise<void> {
    const ask = async (): Promise<boolean> => {
      const probes = this.population.people.slice(0, 2 * homeNames.length)
      await Promise.all(probes.map(({ client }) => client.subscriptions('pragma/notify')))
      return true
    }
    await eventually('every home is served again', takeoverMs, ask)
  }

  /** Somebody new, on a short lease, whom some watch. */
  async shortLived(leaseSeconds: number): Promise<{ person: Person; watchers: readonly Person[] }> {
    const watchers = this.population.people.slice(20, 40)
    const person = await this.population.join(`spare${this.#spares}`, leaseSeconds, watchers)
    this.#spares += 1
    return { person, watchers }
  }

  /** For the report of a failed test. */
  logTails(): string {
    return this.cluster.logTails()
  }

  /** NOTE: a check that failed must not leave its fault to the next one. */
  async #makeWhole(): Promise<void> {
    const { redis, routers, homes } = this.cluster
    for (const process of [...routers, ...homes]) process.resume()
    for (const server of [redis, ...this.nats.servers]) await server.resume()
    for (const process of [...homes, ...routers]) if (!process.isRunning) await process.start()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }
}

function namesHeldBy({ url }: ParleyProcess, homes: readonly HomeStatus[]): string[] {
  return homes.filter(({ holder }) => holder === url).map(({ home }) => home)
}
