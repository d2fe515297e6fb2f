import { parseChallenges, platformRandom } from '@parley/client'
import { NtlmAuthentication } from '@parley/client/node'
import type { Answer, ClientConnection } from '../client-connection.ts'
import type { RequestText } from '../request-text.ts'
import { nameOf } from '../settings.ts'
import { ntlmPassword } from '../users-yaml.ts'

/** Proves a connection once, as clients do that prefer NTLM (client-facts §5, 40); no later request on it says who sends it. */
export async function proveConnection(connection: ClientConnection, index: number, text: RequestText): Promise<void> {
  const credentials = { user: nameOf(index), password: ntlmPassword }
  const attempt = new NtlmAuthentication(credentials, platformRandom).attempt()
  let authorization: string | undefined
  for (let tries = 0; tries < 3; tries++) {
    const line = authorization === undefined ? '' : `Authorization: ${authorization}\r\n`
    const { status, head } = await answerTo(connection, text.with({ line: () => line }))
    if (status === 200) return
    const challenges = [...head.matchAll(/\r\nWWW-Authenticate: ([^\r]*)/gi)].map(([, value = '']) => value)
    authorization = await attempt.next(parseChallenges(challenges))
  }
  throw new Error('NTLM does not prove a connection')
}

function answerTo(connection: ClientConnection, text: string): Promise<Pick<Answer, 'status' | 'head'>> {
  return new Promise((resolve) => connection.send(text, ({ status, head }) => resolve({ status, head })))
}
