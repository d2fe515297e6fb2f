import type { BenchUser, InboxChoice } from '../bench-user.ts'
import { startOffice } from '../office.ts'
import { wait } from '../pacing.ts'
import type { PinnedProcess } from '../pinned-process.ts'
import { contactsAmong, signInUsers } from '../population.ts'
import { presenceMark } from '../presence-office.ts'
import { residentMemory } from '../processor-time.ts'
import type { Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

const userCount = 10_000
const part = 1000
const acknowledgeEvery = 50

/** What an idle user online costs: a stream, twenty watches, a state; the connections for requests are closed. */
export const memory: Workload<Settings> = {
  name: 'memory',
  issue: 2,
  async run(settings) {
    await using server = await startOffice(settings, { name: 'memory', users: userCount, collectable: true })
    const empty = await settledMemory(server)
    const inbox: InboxChoice = { kind: 'stream', mark: presenceMark, notified: () => {}, acknowledgeEvery }
    const users: BenchUser[] = []
    // NOTE: in parts, so that the connections for requests do not use up the descriptors.
    for (let first = 0; first < userCount; first += part) {
      const some = await signInUsers(server.port, { first, count: part }, () => inbox, contactsAmong(userCount))
      for (const user of some) user.closeRequests()
      users.push(...some)
    }
    await wait(1)
    for (let first = 0; first < userCount; first += part) {
      const some = users.slice(first, first + part)
      await Promise.all(some.map((user) => new Promise<void>((resolve) => user.acknowledge(resolve))))
      for (const user of some) user.closeRequests()
    }
    const full = await settledMemory(server)
    for (const user of users) user.close()
    const anonymous = (full.anonymousKiB - empty.anonymousKiB) / userCount
    const file = (full.fileKiB - empty.fileKiB) / userCount
    return [
      {
        workload: 'memory of an idle user online, 10,000 users',
        figure: anonymous,
        unit: 'KiB',
        bar: { atMost: 30 },
        note: `RssAnon; mapped pages of the store (RssFile) come to ${file.toFixed(1)} KiB more`,
      },
    ]
  },
}

async function settledMemory(server: PinnedProcess): Promise<ReturnType<typeof residentMemory>> {
  // NOTE: more than once, since what a collection finalises goes in the next, and V8 gives pages back late.
  for (let round = 0; round < 4; round++) {
    await wait(1)
    server.collectGarbage()
  }
  await wait(1)
  return residentMemory(server.pid)
}
