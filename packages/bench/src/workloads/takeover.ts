import type { BenchState, BenchUser } from '../bench-user.ts'
import { CallbackSink } from '../callback-sink.ts'
import { BenchCluster, homeNamed } from '../cluster/cluster.ts'
import { readStates, type StoredState } from '../cluster/stored-state.ts'
import { wait } from '../pacing.ts'
import { contactsAmong, signInUsers } from '../population.ts'
import type { Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

const userCount = 10_000
const contacts = 5
/** Users sign in in parts, whose connections for requests are closed then: descriptors are few. */
const part = 1000
/** Users who change their states all the time, also while their home dies. */
const changing = 200
const states: readonly BenchState[] = ['busy', 'away', 'online']
const betweenChangesMs = 500
const patienceSeconds = 30

/**
 * A home of 10,000 users who are online is killed while some of them change their states, and another process takes it over.
 * Devices are reached through their Call-Backs, which need nothing done when their home moves. Everything that was acknowledged
 * is then asked for again, of every user.
 */
export const takeover: Workload<Settings> = {
  name: 'takeover',
  issue: 3,
  async run(settings) {
    const { serverCpu, loadCpu } = settings
    const hq = homeNamed(0)
    const options = { name: 'takeover', users: userCount, homeOf: () => hq, storesCpu: loadCpu }
    await using cluster = await BenchCluster.start(settings, options)
    await using sink = await CallbackSink.open()
    const home = await cluster.startHome(serverCpu, hq)
    await cluster.startHome(serverCpu)
    const router = await cluster.startRouter(serverCpu)
    const changers: Changer[] = []
    for (let first = 0; first < userCount; first += part) {
      const inbox = { kind: 'callback', port: sink.port } as const
      const users = await signInUsers(
        router.port,
        { first, count: part },
        () => inbox,
        contactsAmong(userCount, contacts),
      )
      for (const user of users) {
        if (user.index < changing) changers.push(new Changer(user))
        else user.closeRequests()
      }
    }
    await wait(2)
    const before = await readStates(router.port, userCount)
    const work = changers.map((changer) => changer.run())
    await wait(2)

    const killedAt = performance.now()
    await home.kill()
    // What the kernel has of the home's last writes comes within this time, and is nobody else's delivery.
    await wait(0.1)
    const last = sink.count
    while (sink.count === last && performance.now() - killedAt < patienceSeconds * 1000) await wait(0.002)
    const seconds = (performance.now() - killedAt) / 1000
    if (sink.count === last) throw new Error(`no watcher heard of anything for ${patienceSeconds} s`)

    await wait(3)
    for (const changer of changers) changer.stop()
    await Promise.all(work)
    const after = await readStates(router.port, userCount)
    const lost = after.filter(
      (state, index) => !isKept(before[index], state, changers[index]?.acknowledged ?? 'online'),
    )
    for (const { user } of changers) user.close()
    const answered = changers.reduce((sum, { changes }) => sum + changes, 0)
    const refused = changers.reduce((sum, { refusals }) => sum + refusals, 0)
    return [
      {
        workload: 'first delivery to a watcher after SIGKILL of a home with 10,000 users',
        figure: seconds,
        unit: 's',
        bar: { atMost: 10 },
        note: `${changing} users changed their states meanwhile: ${answered} changes acknowledged, ${refused} refused`,
      },
      {
        workload: 'users of that home of whom something acknowledged was lost',
        figure: lost.length,
        unit: 'users',
        bar: { atMost: 0 },
        note: `state, sign-in and ${contacts} watches of all ${userCount} users compared`,
      },
    ]
  },
}

/** A user who changes its state again and again, and knows what was acknowledged. */
class Changer {
  readonly user: BenchUser
  acknowledged: BenchState = 'online'
  changes = 0
  refusals = 0
  #isStopped = false

  constructor(user: BenchUser) {
    this.user = user
  }

  /** Resolves after `stop`, when the last change is acknowledged. */
  async run(): Promise<void> {
    await wait((betweenChangesMs / 1000) * Math.random())
    let status = 0
    for (let turn = 0; !this.#isStopped || status !== 207; ) {
      const state = states[turn % states.length] ?? 'online'
      status = await new Promise<number>((resolve) =>
        this.user.request(this.user.stateChange(state), (answer) => resolve(answer.status)),
      )
      if (status === 207) {
        this.acknowledged = state
        this.changes += 1
        turn += 1
      } else if (status === 503) this.refusals += 1
      else throw new Error(`a change was answered with ${status}`)
      await wait(betweenChangesMs / 1000)
    }
  }

  stop(): void {
    this.#isStopped = true
  }
}

function isKept(before: StoredState | undefined, after: StoredState, acknowledged: BenchState): boolean {
  if (before?.subscriptions.length !== 1 + contacts || after.state !== acknowledged) return false
  return before.subscriptions.every((subscription) => after.subscriptions.includes(subscription))
}
