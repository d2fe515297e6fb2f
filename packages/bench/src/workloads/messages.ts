import { textPayload, writeMessage } from '@parley/protocol'
import type { BenchUser, InboxChoice } from '../bench-user.ts'
import { LatencyHistogram } from '../latency-histogram.ts'
import { startOffice } from '../office.ts'
import { closedLoop, openLoop, wait, warmUpSeconds } from '../pacing.ts'
import { signInUsers } from '../population.ts'
import { ProcessorMeter } from '../processor-time.ts'
import type { Workload } from '../report-row.ts'
import { RequestText } from '../request-text.ts'
import { hrefOf, nameOf, pathOf, type Settings } from '../settings.ts'

const userCount = 1000
/** Whom each user writes to. */
const correspondents = 10
/** Messages that their senders wait for at one time. */
const width = 500
const sessionId = '{AB3D5C77-0F1E-4C35-8E62-7D2A14B90C11}'
const numberDigits = 10
const numberPrefix = 'message number '
const textBytes = 200
/** Due times are kept for as many messages as can be under way. */
const remembered = 1 << 17

/**
 * Messages between random users; the recipient's stream acknowledges each, and only then does the sender hear 200
 * (RVP-Ack-Type DeepOr). Then the latency at half of that rate.
 */
export const messages: Workload<Settings> = {
  name: 'messages',
  issue: 2,
  async run(settings) {
    await using server = await startOffice(settings, { name: 'messages', users: userCount })
    let delivered = 0
    const dueAt = new Float64Array(remembered)
    let latencies: LatencyHistogram | undefined
    const notified = (number: number): void => {
      delivered += 1
      latencies?.add(performance.now() - (dueAt[number % remembered] ?? 0))
    }
    const mark = { mark: Buffer.from(numberPrefix), digits: numberDigits }
    const inbox: InboxChoice = { kind: 'stream', mark, notified, acknowledgeEvery: 1 }
    const users = await signInUsers(
      server.port,
      { count: userCount },
      () => inbox,
      () => [],
    )
    await wait(1)
    const senders = users.map((user) => new Sender(user))
    let number = 0
    const sendOne = (sender: Sender, dueTime: number, done: () => void): void => {
      number += 1
      dueAt[number % remembered] = dueTime
      sender.send(number, done)
    }
    const saturate = (seconds: number): Promise<void> =>
      closedLoop(seconds, width, (turn, done) => {
        // Two senders take turns in each turn of the loop: nobody sends before he has heard of his last message.
        sendOne(senders[turn + width * Math.round(Math.random())] as Sender, 0, done)
      })
    await saturate(warmUpSeconds)
    const meter = new ProcessorMeter(server.pid, settings)
    const startedAt = performance.now()
    const before = delivered
    await saturate(settings.seconds)
    const perSecond = ((delivered - before) * 1000) / (performance.now() - startedAt)
    const shares = meter.read()
    latencies = new LatencyHistogram()
    const pacedMeter = new ProcessorMeter(server.pid, settings)
    const sentBefore = number
    await openLoop(perSecond / 2, settings.seconds, (dueTime) => {
      sendOne(senders[number % senders.length] as Sender, dueTime, () => {})
    })
    const paced = pacedMeter.read()
    await wait(0.5)
    const missing = number - sentBefore - latencies.total
    for (const user of users) user.close()
    return [
      {
        workload: 'messages of 200 bytes, DeepOr, acknowledged over streams',
        figure: perSecond,
        unit: 'messages/s',
        bar: { atLeast: 20_000 },
        shares,
      },
      {
        workload: 'latency of messages at half of that rate, p99',
        figure: latencies.percentile(0.99),
        unit: 'ms',
        bar: { atMost: 4 },
        shares: paced,
        note:
          `p50 ${latencies.percentile(0.5).toFixed(2)} ms` +
          (missing === 0 ? '' : `; ${missing} messages did not arrive`),
      },
    ]
  },
}

/** What a message of one user to another is made of, around its number. */
interface Conversation {
  readonly request: RequestText
  readonly head: string
  readonly tail: string
}

/** One user's conversations. */
class Sender {
  readonly #user: BenchUser
  readonly #conversations: readonly Conversation[]
  #next = 0

  constructor(user: BenchUser) {
    this.#user = user
    this.#conversations = Array.from({ length: correspondents }, (_, at) =>
      conversation(user.index, (user.index + (at + 1) * 97) % userCount),
    )
  }

  send(number: number, done: () => void): void {
    const { request, head, tail } = this.#conversations[this.#next++ % correspondents] as Conversation
    const body = head + String(number).padStart(numberDigits, '0') + tail
    const taken = (answer: { status: number; head: string }): void => {
      if (answer.status !== 200) throw new Error(`a message was refused: ${answer.head}`)
      done()
    }
    this.#user.request(request, taken, body)
  }
}

function conversation(from: number, to: number): Conversation {
  const place = '0'.repeat(numberDigits)
  const text = `${numberPrefix}${place}`.padEnd(textBytes, '.')
  const body = writeMessage({
    from: { href: hrefOf(from), description: nameOf(from) },
    to: [{ href: hrefOf(to), description: nameOf(to) }],
    mime: textPayload({ sessionId, text }),
  })
  const at = body.indexOf(numberPrefix) + numberPrefix.length
  const request = new RequestText(from, 'NOTIFY', pathOf(to), ['RVP-Hop-Count: 1', 'RVP-Ack-Type: DeepOr'], body)
  return { request, head: body.slice(0, at), tail: body.slice(at + numberDigits) }
}
