import { type HomeName, ManualClock, RenamesMemory, StatusBusMemory } from '@parley/domain'
import { NotHeldError } from '@parley/http'
import type { LogicalUrl } from '@parley/protocol'
import { expect } from 'vitest'
import { HomeUnderTest, type TestRequest, type World } from './home-under-test.ts'
import { MapUnderTest } from './map-under-test.ts'
import {
  acl,
  alice,
  blockCarol,
  bob,
  carol,
  hq,
  login,
  message,
  oslo,
  read,
  setNote,
  setState,
  watch,
} from './requests.ts'
import { settled } from './settled.ts'

/** Two homes with a map, and their users: alice and bob at hq-1, carol at oslo-1. */
export class Cluster implements World {
  readonly clock = new ManualClock()
  readonly map = new MapUnderTest()
  readonly renames = new RenamesMemory(this.map.entries, this.clock)
  readonly bus = new StatusBusMemory()
  readonly homes: World['homes'] = new Map()
  readonly delivered: World['delivered'] = []
  readonly forwarded: World['forwarded'] = []
  readonly hq = new HomeUnderTest(hq, this)
  readonly oslo = new HomeUnderTest(oslo, this)
  /** What the homes have asked of others since. */
  readonly steps: string[] = []
  /** What happens at each step. */
  onStep: (step: string) => void | Promise<void> = () => {}

  static async open(): Promise<Cluster> {
    const cluster = new Cluster()
    const user = (node: LogicalUrl, home: HomeName) =>
      ({ node, kind: 'user', home, displayName: node.slice(-5) }) as const
    await cluster.map.entries.put([user(alice, hq), user(bob, hq), user(carol, oslo)])
    for (const home of cluster.homes.values()) await home.open()
    return cluster
  }

  step(home: HomeName, what: string): void | Promise<void> {
    const step = `${home} ${what}`
    this.steps.push(step)
    return this.onStep(step)
  }

  /** Alice with two devices, a state, a note, an access list, and a watcher at each home. */
  async signAliceIn(): Promise<{ stream: string }> {
    const { headers = [] } = await this.hq.handle(login(alice, { 'RVP-Stream': '1' }))
    await this.hq.handle(login(alice, { 'Call-Back': 'http://10.0.0.1:7001/' }))
    await this.hq.handle(login(bob, { 'Call-Back': 'http://10.0.0.1:7002/' }))
    for (const request of [setState(alice, 'busy'), setNote(alice, 'first'), acl(alice, blockCarol)]) {
      await this.hq.handle(request)
    }
    for (const watcher of [bob, carol]) await this.hq.handle(watch(watcher, alice))
    const stream =
      headers
        .find(([name]) => name === 'RVP-Stream')?.[1]
        .split('/')
        .at(-1) ?? ''
    return { stream }
  }

  /** Asks both homes, as a router that tries each; who does not have the node must send it on. */
  async ask(request: TestRequest): Promise<{ home: string; xml: string }> {
    const answers: { home: string; xml: string }[] = []
    for (const home of [this.hq, this.oslo]) {
      try {
        const { xml = '' } = await home.handle(request)
        answers.push({ home: home.name, xml })
      } catch (err) {
        expect(err).toBeInstanceOf(NotHeldError)
      }
    }
    expect(answers).toHaveLength(1)
    return answers[0] ?? { home: '', xml: '' }
  }

  /** The state that a device was told last of a user whom it knows by `href`. */
  shownAt(device: string, href: string): string | undefined {
    return this.delivered
      .flatMap(({ target, body }) => {
        const from = /<r:notification-from>.*?<d:href>([^<]*)</s.exec(body)?.[1]
        const state = /<r:state><r:([a-z-]+)\/>/.exec(body)?.[1]
        return target === device && from === href && state !== undefined ? [state] : []
      })
      .at(-1)
  }

  /** Gives a node another URL, as `parley sync` does. */
  async rename(from: LogicalUrl, to: LogicalUrl): Promise<void> {
    await this.renames.rename([{ from, to, until: this.clock.now() + 86_400_000 }])
  }

  /** Lets everything run that is under way, also what is tried again after a pause. */
  async rest(): Promise<void> {
    for (let second = 0; second < 5; second++) {
      await settled()
      this.clock.elapse(1_000)
    }
    await settled()
  }

  /** Lets time pass until the work is done. */
  async until(work: Promise<void>): Promise<void> {
    let isDone = false
    const done = work.finally(() => {
      isDone = true
    })
    for (let tries = 0; !isDone && tries < 1_000; tries++) {
      await settled()
      this.clock.elapse(100)
    }
    await done
  }

  /** Sends a request as a router does: to the home that the map names, again while that one does not hold the node. */
  async route(request: TestRequest): Promise<string> {
    for (let tries = 0; tries < 200; tries++) {
      const home = this.homes.get(this.map.entries.locate(request.node)?.home ?? hq)
      try {
        const { xml = '' } = (await home?.handle(request)) ?? {}
        return xml
      } catch (err) {
        if (!(err instanceof NotHeldError)) throw err
        await settled()
      }
    }
    throw new Error('the node is held by nobody')
  }
}

/** Everything that alice has is at `home`, and nowhere else. */
export async function expectWholeAt(
  cluster: Cluster,
  home: string,
  { note = 'first', stream = '' } = {},
): Promise<void> {
  const answer = await cluster.ask(read(alice))
  expect(answer.home).toBe(home)
  expect(answer.xml).toContain(`>${note}<`)
  expect(answer.xml).toContain('<r:busy')
  expect((await cluster.ask(acl(alice))).xml).toContain(carol)
  const { xml } = await cluster.ask({ by: alice, method: 'SUBSCRIPTIONS', node: alice })
  for (const subscriber of [alice, bob, carol]) expect(xml).toContain(subscriber)
  const [here, there] = home === hq ? [cluster.hq, cluster.oslo] : [cluster.oslo, cluster.hq]
  expect(here.inboxes.open).toEqual(expect.arrayContaining([stream, '10.0.0.1:7001'].filter(Boolean)))
  if (there.isAlive) expect(there.inboxes.open).not.toContain('10.0.0.1:7001')
  await here.handle(message(bob, alice, 'are you there?'))
  expect(here.inboxes.at('10.0.0.1:7001')?.bodies.at(-1)).toContain('are you there?')
}
