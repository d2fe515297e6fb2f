import type { RvpClient } from '@parley/client'
import { connect } from '@parley/client/node'
import { ParleyServer } from '../parley-server.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { lifetimes } from './known-subscriptions.ts'
import { ListeningDevice } from './listening-device.ts'
import { MessageLane } from './message-lane.ts'
import { ScriptedUser } from './scripted-user.ts'

const password = 'correct horse'
/** Change their state; have no device. */
const present = ['alice', 'bob']
/** Sign on and off with their device. */
const roaming = ['carol', 'dave']
/** Watches at a Call-Back, and is sent messages. */
const watcher = 'wendy'
/** Watches over a stream. */
const streamer = 'steve'
const mostAnswers = 60
const mostTurns = 30

/** A server with people who change everything at once, and who know what was acknowledged when it is killed. */
export class KillScenario implements AsyncDisposable {
  readonly #open: AsyncDisposableStack
  readonly #server: ParleyServer
  readonly #random: SeededRandom
  readonly #users: ReadonlyMap<string, ScriptedUser>
  readonly #device: ListeningDevice
  readonly #steve: RvpClient
  readonly #messages: MessageLane
  #answers = 0

  private constructor(parts: {
    open: AsyncDisposableStack
    server: ParleyServer
    random: SeededRandom
    users: ReadonlyMap<string, ScriptedUser>
    device: ListeningDevice
    steve: RvpClient
  }) {
    this.#open = parts.open
    this.#server = parts.server
    this.#random = parts.random
    this.#users = parts.users
    this.#device = parts.device
    this.#steve = parts.steve
    this.#messages = new MessageLane(this.#user('dave'), this.#user(watcher), parts.device)
  }

  static async start(random: SeededRandom): Promise<KillScenario> {
    await using open = new AsyncDisposableStack()
    const names = [...present, ...roaming, watcher, streamer]
    const accounts = names.map((name) => ({ name, password }))
    const server = open.use(await ParleyServer.start({ users: accounts, flags: ['--log-level', 'error'] }))
    const users = new Map(names.map((name) => [name, open.use(new ScriptedUser(server, name, password))]))
    const device = open.use(await ListeningDevice.open())
    const steve = await connect({
      server: `http://127.0.0.1:${server.port}`,
      domain: server.domain,
      alias: streamer,
      password,
      device: 'stream',
      lifetimeSeconds: lifetimes.at(-1) ?? 0,
    })
    open.defer(() => steve.close())
    const scenario = new KillScenario({ open: open.move(), server, random, users, device, steve })
    await scenario.#begin()
    return scenario
  }

  /** How many changes and messages were acknowledged so far. */
  get acknowledged(): { readonly answers: number; readonly messages: number } {
    return { answers: this.#answers, messages: this.#messages.acknowledged }
  }

  /** Lets everybody work, kills the server in the middle of it, starts it again and checks what it knows. */
  async killOnce(): Promise<void> {
    const random = this.#random.fork()
    let missing = 1 + random.below(mostAnswers)
    const enough = Promise.withResolvers<void>()
    const onAnswer = (): void => {
      this.#answers += 1
      missing -= 1
      if (missing <= 0) enough.resolve()
    }
    const lanes = this.#lanes(random, onAnswer)
    await Promise.race([enough.promise, Promise.all(lanes)])
    // The moment within a request is spread over what happens in the next turns of this process.
    for (let turns = random.below(mostTurns); turns > 0; turns -= 1) await nextTurn()
    await this.#server.kill()
    await Promise.all(lanes)
    await this.#server.restart()
    await this.#check()
  }

  /** Checks what takes the stream's client longer, since it waits before it comes back: its view of everybody. */
  async checkStream(): Promise<void> {
    const last = Promise.withResolvers<void>()
    const isTrue = (): boolean =>
      present.every((name) => this.#steve.stateOf(this.#user(name).node) === this.#user(name).state)
    const stop = this.#steve.on(() => {
      if (isTrue()) last.resolve()
    })
    // NOTE: after fifty kills in a row it backs off between streams and between sign-ons, up to eight seconds each.
    if (!isTrue()) await within(30_000, 'the stream shows the true states', last.promise)
    stop()
  }

  /** For the report of a failed test. */
  logTail(): string {
    return this.#server.logTail()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync()
  }

  async #begin(): Promise<void> {
    const wendy = this.#user(watcher)
    await wendy.logins.create(wendy.requests, 14_000, this.#device.callBack)
    const longest = lifetimes.at(-1) ?? 0
    for (const name of present) {
      const user = this.#user(name)
      await user.watches.create(wendy.requests, longest, wendy.node)
      user.watches.expect(this.#steve.self, longest)
      await this.#steve.watch(user.node)
      await user.comeOnline()
      await user.check()
    }
  }

  #lanes(random: SeededRandom, onAnswer: () => void): Promise<void>[] {
    const everybody = [...present, ...roaming].map((name) => this.#user(name))
    const lanes = everybody.flatMap((user) => {
      const others = everybody.filter((other) => other !== user)
      const own = [user.changeAccess, user.changeContacts, user.watchOthers(others)]
      return own.map((lane) => user.run(lane, random.fork(), onAnswer))
    })
    for (const name of present) lanes.push(this.#user(name).run(this.#user(name).changeState, random.fork(), onAnswer))
    for (const name of roaming) {
      const user = this.#user(name)
      lanes.push(user.run(user.signOnAndOff(this.#device.callBack), random.fork(), onAnswer))
    }
    lanes.push(this.#user('dave').run(this.#messages.send, random.fork(), onAnswer))
    return lanes
  }

  async #check(): Promise<void> {
    await Promise.all([...present, ...roaming, watcher].map((name) => this.#user(name).check()))
    this.#messages.check()
    for (const name of present) await this.#device.converges(this.#user(name).node, this.#user(name).state)
  }

  #user(name: string): ScriptedUser {
    const user = this.#users.get(name)
    if (!user) throw new Error(`there is no ${name}`)
    return user
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`not within ${ms} ms: ${what}`)), ms)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
