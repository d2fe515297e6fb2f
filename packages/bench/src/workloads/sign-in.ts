import type { InboxChoice } from '../bench-user.ts'
import { startOffice } from '../office.ts'
import { wait } from '../pacing.ts'
import { signInUsers } from '../population.ts'
import { presenceMark } from '../presence-office.ts'
import { ProcessorMeter } from '../processor-time.ts'
import type { Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

const residents = 2000
const contacts = 20
/** Users that sign in at one time. */
const width = 400
/** As many as the descriptors allow beside the residents'. */
const maxNewcomers = 6000
const acknowledgeEvery = 50

/**
 * Users sign in one after the other, each watching twenty that are online, and being watched by twenty that see it come. The
 * requests of a user that do not depend on each other are pipelined over one connection.
 */
export const signIn: Workload<Settings> = {
  name: 'sign-in',
  issue: 2,
  async run(settings) {
    const newcomers = Math.min(maxNewcomers, 1000 * Math.ceil(settings.seconds))
    await using server = await startOffice(settings, { name: 'sign-in', users: residents + newcomers })
    let delivered = 0
    const notified = (): void => {
      delivered += 1
    }
    const inbox: InboxChoice = { kind: 'stream', mark: presenceMark, notified, acknowledgeEvery }
    // Newcomer n is watched by the residents 20 n to 20 n + 19, round and round.
    const eachWatches = (newcomers * contacts) / residents
    const watchedBy = (resident: number): number[] =>
      Array.from({ length: eachWatches }, (_, at) => residents + Math.floor((resident + at * residents) / contacts))
    const online = await signInUsers(server.port, { count: residents }, () => inbox, watchedBy)
    await wait(1)
    delivered = 0
    const meter = new ProcessorMeter(server.pid, settings)
    const startedAt = performance.now()
    const users = await signInUsers(
      server.port,
      { first: residents, count: newcomers, width },
      () => inbox,
      (index) => Array.from({ length: contacts }, (_, at) => (index * 31 + at * 97) % residents),
    )
    const seconds = (performance.now() - startedAt) / 1000
    const shares = meter.read()
    await wait(0.5)
    for (const user of [...online, ...users]) user.close()
    const missing = newcomers * contacts - delivered
    return [
      {
        workload: 'sign-in with 20 watches and its presence fan-out',
        figure: newcomers / seconds,
        unit: 'sign-ins/s',
        bar: { atLeast: 800 },
        shares,
        note: missing === 0 ? 'every watcher heard of it' : `${missing} deliveries did not arrive`,
      },
    ]
  },
}
