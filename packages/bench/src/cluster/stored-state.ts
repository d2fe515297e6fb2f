import { parseSubscriptions, propertyNames, writePropfind } from '@parley/protocol'
import { BenchUser } from '../bench-user.ts'
import { RequestText } from '../request-text.ts'
import { pathOf } from '../settings.ts'

const body = writePropfind({ kind: 'prop', names: [propertyNames.state] })
const width = 50

/** What a home answers about a user, to the user. */
export interface StoredState {
  readonly state: string
  /** Id and subscriber of every subscription to it, the user's own sign-in among them. */
  readonly subscriptions: readonly string[]
}

/** Asks for the state and the subscriptions of each of the users 0 to `count - 1`. */
export async function readStates(port: number, count: number): Promise<StoredState[]> {
  const states: StoredState[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      const index = next++
      states[index] = await readState(port, index)
    }
  }
  await Promise.all(Array.from({ length: width }, work))
  return states
}

async function readState(port: number, index: number): Promise<StoredState> {
  const user = new BenchUser(index, port)
  const ask = (text: RequestText): Promise<string> =>
    new Promise((resolve, reject) =>
      user.request(text, (answer) => {
        if (answer.status >= 200 && answer.status < 300) resolve(answer.body)
        else reject(new Error(`a user's state cannot be read: ${answer.head}`))
      }),
    )
  const path = pathOf(index)
  const found = await ask(new RequestText(index, 'PROPFIND', path, ['Depth: 0'], body))
  const subscriptions: string[] = []
  for (const type of ['pragma/notify', 'update/propchange']) {
    const listed = await ask(new RequestText(index, 'SUBSCRIPTIONS', path, [`Notification-Type: ${type}`]))
    for (const { id, href } of parseSubscriptions(listed)) subscriptions.push(`${type} ${id} ${href}`)
  }
  user.close()
  return { state: /<r:(online|busy|away|offline)\/>/.exec(found)?.[1] ?? found, subscriptions: subscriptions.sort() }
}
