import { join } from 'node:path'
import { testPort } from '@parley/testkit'
import { CallbackSink } from '../callback-sink.ts'
import { BenchCluster, homeNamed } from '../cluster/cluster.ts'
import { PinnedProgram } from '../cluster/pinned-program.ts'
import { wait } from '../pacing.ts'
import { buildParley } from '../parley-image.ts'
import { contactsAmong, signInUsers } from '../population.ts'
import type { ReportRow, Workload } from '../report-row.ts'
import type { Settings } from '../settings.ts'

const nodeProgram = 'usr/bin/node'
const mainFile = 'opt/parley/packages/server/src/main.js'
const userCount = 10_000
const contacts = 5
/** Users sign in in parts, whose connections for requests are closed then: descriptors are few. */
const part = 1000
const starts = 5
const betweenQuestionsSeconds = 0.005
const patienceMs = 60_000

/** From the start of a process, with the files and options that it has in its image, until its /readyz says 200: the median of some starts. */
export const startToReady: Workload<Settings> = {
  name: 'start-to-ready',
  issue: 5,
  async run(settings) {
    const { serverCpu, loadCpu } = settings
    const home = homeNamed(0)
    const options = { name: 'start-to-ready', homeOf: () => home, storesCpu: loadCpu }
    const image = join(settings.directory, 'image')
    buildParley(['--tree', image])
    const router = await startsOfRouter(settings, image, options)
    await using cluster = await BenchCluster.start(settings, { ...options, users: userCount })
    await using sink = await CallbackSink.open()
    const holder = await cluster.startHome(serverCpu, home)
    for (let first = 0; first < userCount; first += part) {
      const inbox = { kind: 'callback', port: sink.port } as const
      const range = { first, count: part }
      const users = await signInUsers(holder.port, range, () => inbox, contactsAmong(userCount, contacts))
      for (const user of users) user.closeRequests()
    }
    await holder[Symbol.asyncDispose]()
    const cluster0 = ['--cluster-listen', '127.0.0.1:0']
    const stored = await measure(settings, image, cluster, ['home', '--name', home, ...cluster0])
    return [
      row('router, start to ready', router, 1.5, '; a users file of 100'),
      row(
        'home with 10,000 stored users, start to ready',
        stored,
        4,
        `; each signed in and watching ${contacts} others`,
      ),
    ]
  },
}

/** NOTE: a users file of thousands takes a second more to read; who has so many has a directory. */
async function startsOfRouter(
  settings: Settings,
  image: string,
  options: Omit<Parameters<typeof BenchCluster.start>[1], 'users'>,
): Promise<number[]> {
  await using cluster = await BenchCluster.start(settings, { ...options, name: 'start-of-router', users: 100 })
  return await measure(settings, image, cluster, ['router', '--listen', '127.0.0.1:0'])
}

function row(workload: string, seconds: readonly number[], atMost: number, more: string): ReportRow {
  const [least = 0, middle = 0, most = 0] = [seconds[0], seconds[Math.floor(starts / 2)], seconds.at(-1)]
  const spread = `${least.toFixed(2)} to ${most.toFixed(2)} s in ${starts} starts`
  return { workload, figure: middle, unit: 's', bar: { atMost }, note: `${spread}, as a process${more}` }
}

/** In seconds, the shortest first. */
async function measure(
  { serverCpu, directory, nodeOptions }: Settings,
  image: string,
  cluster: BenchCluster,
  words: readonly string[],
): Promise<number[]> {
  const seconds: number[] = []
  while (seconds.length < starts) {
    const admin = `127.0.0.1:${await testPort()}`
    const node = [join(image, nodeProgram), '--max-semi-space-size=64', ...nodeOptions, join(image, mainFile)]
    const command = [...node, ...words, '--config', cluster.configFile, '--log-level', 'warn', '--admin', admin]
    const startedAt = performance.now()
    const logFile = join(directory, 'start-to-ready.log')
    await using program = PinnedProgram.launch({ cpu: serverCpu, logFile }, command)
    while (!(await isReady(admin))) {
      if (performance.now() - startedAt > patienceMs)
        throw new Error(`${words[0]} does not become ready; see ${logFile}`)
      await wait(betweenQuestionsSeconds)
    }
    seconds.push((performance.now() - startedAt) / 1000)
    await program.stop()
  }
  return seconds.sort((one, other) => one - other)
}

async function isReady(admin: string): Promise<boolean> {
  try {
    const { ok, body } = await fetch(`http://${admin}/readyz`)
    await body?.cancel()
    return ok
  } catch {
    return false
  }
}
