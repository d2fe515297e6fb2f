import type { Authentication, AuthenticationAttempt, AuthenticationTarget, Credentials } from './authentication.ts'

/** HTTP Basic (RFC 7617), which gives the password away: only over TLS, and only to the server that the user named. */
export class BasicAuthentication implements Authentication {
  readonly perConnection = false
  readonly #authorization: string

  constructor({ user, password }: Credentials) {
    if (user.includes(':')) throw new RangeError('user name contains a colon')
    this.#authorization = `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
  }

  attempt({ origin, foreign }: AuthenticationTarget): AuthenticationAttempt {
    let answered = false
    return {
      first: () => undefined,
      next: async (challenges) => {
        if (answered || foreign || !origin.startsWith('https:')) return undefined
        if (!challenges.some(({ scheme }) => scheme === 'basic')) return undefined
        answered = true
        return this.#authorization
      },
    }
  }
}
