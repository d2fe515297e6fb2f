import {
  defaultDomainLimits,
  type Epoch,
  type ForwardedNotification,
  type HomeName,
  type HomePeers,
  type Ids,
  type LocationsMemory,
  type ManualClock,
  type NodeChange,
  type NodeStore,
  NodeStoreMemory,
  type RenamesMemory,
  type StatusBus,
  type StoredNode,
  silentEvents,
} from '@parley/domain'
import { NodeUnreachableError, type RvpRequest, type RvpResponse } from '@parley/http'
import { domainOf, type LogicalUrl, UnavailableError } from '@parley/protocol'
import { type HomeDirectory, openHomeDirectory } from '../home-directory.ts'
import { type OpenHome, openHome } from '../open-home.ts'
import type { MapUnderTest } from './map-under-test.ts'
import { ScriptedInboxes } from './scripted-inboxes.ts'

/** What all homes of a test share. */
export interface World {
  readonly clock: ManualClock
  readonly map: MapUnderTest
  readonly bus: StatusBus
  readonly renames: RenamesMemory
  readonly homes: Map<HomeName, HomeUnderTest>
  /** All that devices have got, in the order of its arrival. */
  readonly delivered: { readonly target: string; readonly body: string }[]
  /** What homes have handed on to nodes that live elsewhere; none of it arrives. */
  readonly forwarded: ForwardedNotification[]
  /** Called before and after each step that one process asks of another: a store, the map, a home. The step waits for it. */
  step(home: HomeName, what: string): void | Promise<void>
}

/** Somebody's request of a home. */
export interface TestRequest {
  readonly by: LogicalUrl
  readonly method: string
  readonly node: LogicalUrl
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** One home of a cluster, whose process a test kills and starts again. What a killed process asked for is never answered. */
export class HomeUnderTest {
  readonly name: HomeName
  readonly failures: string[] = []
  readonly store = new NodeStoreMemory(() => this.#epoch)
  readonly #inboxes: ScriptedInboxes[] = []
  readonly #world: World
  #epoch: Epoch = 0
  #life = new Life()
  #home: OpenHome | undefined
  #directory: HomeDirectory | undefined

  constructor(name: HomeName, world: World) {
    this.name = name
    this.#world = world
    world.homes.set(name, this)
  }

  get isAlive(): boolean {
    return this.#home !== undefined
  }

  /** Those of the newest process. */
  get inboxes(): ScriptedInboxes {
    return this.#inboxes.at(-1) ?? new ScriptedInboxes()
  }

  get home(): OpenHome {
    if (!this.#home) throw new UnavailableError('nobody holds the home')
    return this.#home
  }

  /** Takes the home, from whoever holds it. */
  async open(): Promise<void> {
    this.kill()
    await this.#start()
  }

  /** Another process takes the home from one that is stopped, and goes on when it wakes up; returns how that one notices. */
  async takeOver(): Promise<() => void> {
    const end = this.#ending()
    await this.#start()
    return end
  }

  async #start(): Promise<void> {
    const { clock, map, bus, renames } = this.#world
    const life = new Life()
    const epoch = ++this.#epoch
    const events = { ...silentEvents, backgroundFailed: (what: string) => void this.failures.push(what) }
    const locations: Pick<LocationsMemory, 'onChange'> & MapAsked = {
      locate: (node) => life.ask(async () => await map.locate(node)),
      usersOf: (home) => map.usersOf(home),
      named: (name) => life.ask(() => map.named(name)),
      entry: (node) => life.ask(() => map.entry(node)),
      membersOf: (group) => life.ask(() => map.membersOf(group)),
      claim: (location) => this.#stepping(life, 'claim', () => map.claim(location)),
      mark: (node, at, mark) => this.#stepping(life, 'mark', () => map.mark(node, at, mark)),
      move: (node, from, to, mark) => this.#stepping(life, 'move', () => map.move(node, from, to, mark)),
      onChange: (listener) => map.onChange((changed) => life.isOver || listener(changed)),
    }
    const directory = await openHomeDirectory({ home: this.name, locations, clock, events })
    const inboxes = new ScriptedInboxes((target, body) => void this.#world.delivered.push({ target, body }))
    const home = await openHome({
      store: this.#storeFor(life),
      epoch,
      directory,
      cluster: {
        home: this.name,
        directory,
        locations,
        peers: this.#peersFor(life),
        renames: {
          find: (node) => renames.find(node),
          since: (sequence) => life.ask(() => renames.since(sequence)),
          onChange: (listener) => renames.onChange(() => life.isOver || listener()),
        },
      },
      bus,
      inboxes,
      clock,
      ids: idsFor(this.name, epoch),
      limits: defaultDomainLimits,
      events,
      callBackPolicy: { networks: [], insecureLoopback: false },
      createRules: [{ under: '/groups/', kind: 'group', by: 'everybody' }],
    })
    this.#life = life
    this.#inboxes.push(inboxes)
    this.#directory = directory
    this.#home = home
  }

  /** The process is gone: nothing that it asks for or is asked is answered any more. */
  kill(): void {
    this.#ending()()
    this.#home = undefined
    this.#directory = undefined
  }

  async handle(request: TestRequest): Promise<RvpResponse> {
    return await this.serve((home) => home.handle(rvpRequest(request)))
  }

  async adopt(node: StoredNode): Promise<void> {
    await this.serve(({ peerService }) => peerService.adopt(node))
  }

  async moveNode(node: LogicalUrl, to: HomeName): Promise<void> {
    await this.serve(({ peerService }) => peerService.moveNode(node, to))
  }

  /** Something that the process is asked: whoever asks notices that it is gone. */
  async serve<T>(work: (home: OpenHome) => Promise<T>): Promise<T> {
    return await this.#life.serve(async () => await work(this.home))
  }

  /** All that a target's inboxes have got, those of earlier processes included. */
  readonly heard = (target: string): readonly string[] => this.#inboxes.flatMap((inboxes) => inboxes.heard(target))

  async stored(node: LogicalUrl): Promise<StoredNode | undefined> {
    for await (const one of this.store.load()) if (one.node === node) return one
    return undefined
  }

  #ending(): () => void {
    const [life, home, directory] = [this.#life, this.#home, this.#directory]
    return () => {
      life.end()
      home?.[Symbol.dispose]()
      void directory?.[Symbol.asyncDispose]()
    }
  }

  #storeFor(life: Life): NodeStore {
    const { store } = this
    const step = (what: string): void | Promise<void> => this.#world.step(this.name, what)
    return {
      load: async function* (this: void) {
        yield* store.load()
        await step('loaded')
      },
      commit: (node: LogicalUrl, changes: readonly NodeChange[], epoch: Epoch) =>
        this.#stepping(life, 'commit', () => store.commit(node, changes, epoch)),
    }
  }

  #peersFor(life: Life): HomePeers {
    const of = (home: HomeName): HomeUnderTest => {
      const peer = this.#world.homes.get(home)
      if (!peer) throw new UnavailableError('no such home')
      return peer
    }
    return {
      report: (to, report) => life.ask(() => of(to).serve(({ peerService }) => peerService.report(report))),
      changesSince: (home, ask) => life.ask(() => of(home).serve(({ peerService }) => peerService.changesSince(ask))),
      notify: async (notification) => {
        this.#world.forwarded.push(notification)
        return 'unreachable'
      },
      adopt: (to, node) => this.#stepping(life, 'adopt', () => of(to).adopt(node)),
    }
  }

  /** Does a step that can be the process's last, before it is done or after. */
  #stepping<T>(life: Life, what: string, work: () => Promise<T>): Promise<T> {
    return life.ask(async () => {
      await this.#world.step(this.name, `before ${what}`)
      if (life.isOver) return await new Promise<never>(() => {})
      const done = await work()
      await this.#world.step(this.name, `after ${what}`)
      return done
    })
  }
}

type MapAsked = Pick<LocationsMemory, 'usersOf' | 'named' | 'entry' | 'membersOf' | 'claim' | 'mark' | 'move'> & {
  locate(node: LogicalUrl): Promise<ReturnType<LocationsMemory['locate']>>
}

/** One run of a process. */
class Life {
  readonly #end = Promise.withResolvers<never>()
  isOver = false

  constructor() {
    this.#end.promise.catch(() => {})
  }

  end(): void {
    this.isOver = true
    this.#end.reject(new NodeUnreachableError('the process is gone', { mayHaveArrived: true }))
  }

  /** Something that the process asks: it hears no answer any more when it is gone. */
  async ask<T>(work: () => Promise<T>): Promise<T> {
    const never = new Promise<never>(() => {})
    if (this.isOver) return await never
    try {
      const answer = await work()
      return this.isOver ? await never : answer
    } catch (err) {
      if (this.isOver) return await never
      throw err
    }
  }

  /** Something that the process is asked: whoever asks notices that it is gone. */
  async serve<T>(work: () => Promise<T>): Promise<T> {
    return await Promise.race([work(), this.#end.promise])
  }
}

function idsFor(home: HomeName, epoch: Epoch): Ids {
  let last = epoch * 1000
  return { number: () => ++last, token: () => `${home}-${++last}` }
}

function rvpRequest({ by, method, node, headers = {}, body = '' }: TestRequest): RvpRequest {
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const isOurs = (url: string): boolean => URL.canParse(url) && domainOf(url as LogicalUrl) === domainOf(node)
  return {
    method,
    node,
    href: node,
    authority: domainOf(node),
    identity: { principal: by, scheme: 'digest' },
    callerHref: by,
    header: (name) => named.get(name.toLowerCase()),
    body,
    bytes: Buffer.from(body),
    clientAddress: '10.0.0.1',
    resolve: (url) => (isOurs(url) ? (url as LogicalUrl) : undefined),
    requestId: 'test',
    requestHost: domainOf(node),
  }
}
