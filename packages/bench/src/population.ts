import { BenchUser, type InboxChoice } from './bench-user.ts'

/** Signs in users `first` to `first + count - 1`, `width` at a time, at one port or at a port for each. */
export async function signInUsers(
  port: number | ((index: number) => number),
  { first = 0, count, width = 100 }: { first?: number; count: number; width?: number },
  inboxOf: (index: number) => InboxChoice,
  contactsOf: (index: number) => readonly number[],
): Promise<BenchUser[]> {
  const users: BenchUser[] = []
  let next = first
  const work = async (): Promise<void> => {
    while (next < first + count) {
      const index = next++
      const user = new BenchUser(index, typeof port === 'number' ? port : port(index))
      users[index - first] = user
      await user.signIn(inboxOf(index), contactsOf(index))
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, count) }, work))
  return users
}

// NOTE: prime to every number of users here, so that neighbours in number are strangers.
const stride = 97

/** Twenty contacts of a user among `users`, so that each is the contact of twenty. */
export function contactsAmong(users: number, contacts = 20): (index: number) => readonly number[] {
  return (index) => Array.from({ length: contacts }, (_, at) => (index + (at + 1) * stride) % users)
}
