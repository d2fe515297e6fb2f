import type { Authentication, AuthenticationAttempt, Challenge, Credentials } from './authentication.ts'
import type { ClientRandom } from './client-random.ts'
import { ntlmAnswer, ntlmNegotiation, parseNtlmChallenge } from './ntlm-message.ts'

/**
 * NTLMv2 over HTTP (RVP §6.1). It proves a connection, which the server remembers (client-facts §5, 40): only the first
 * request on it is challenged.
 */
export class NtlmAuthentication implements Authentication {
  readonly perConnection = true
  readonly #credentials: Credentials
  readonly #random: ClientRandom

  constructor(credentials: Credentials, random: ClientRandom) {
    this.#credentials = credentials
    this.#random = random
  }

  attempt(): AuthenticationAttempt {
    let sent: 'nothing' | 'negotiation' | 'answer' = 'nothing'
    return {
      first: () => undefined,
      next: async (challenges) => {
        const challenge = challenges.find(({ scheme }) => scheme === 'ntlm')
        if (!challenge || sent === 'answer') return undefined
        if (sent === 'nothing') {
          sent = 'negotiation'
          return `NTLM ${ntlmNegotiation()}`
        }
        sent = 'answer'
        return await this.#answer(challenge)
      },
    }
  }

  async #answer({ token }: Challenge): Promise<string | undefined> {
    const challenge = parseNtlmChallenge(token)
    if (!challenge) return undefined
    const clientChallenge = Buffer.from(this.#random.guid().replaceAll('-', '').slice(-16), 'hex')
    return `NTLM ${await ntlmAnswer(this.#credentials, challenge, clientChallenge)}`
  }
}
