/** A user's name, in any spelling that the server takes (client-facts §5, 37), and password. */
export interface Credentials {
  readonly user: string
  readonly password: string
}

/** One challenge of a 401 answer. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** What follows the scheme, e.g. an NTLM token. */
  readonly token: string
  /** Parameters by name in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

/** The proof of one request; lives through its retries. */
export interface AuthenticationAttempt {
  /** `Authorization` to send before being asked, if one can be made. */
  first(): string | undefined
  /** `Authorization` in answer to a 401; undefined gives up, which makes the 401 the final answer. */
  next(challenges: readonly Challenge[]): Promise<string | undefined>
}

/** The request that is to be proved. */
export interface AuthenticationTarget {
  readonly method: string
  /** The request target as sent (client-facts §5, 38). */
  readonly uri: string
  /** `http://host:port` or `https://host:port` of the server asked: each has nonces of its own. */
  readonly origin: string
  /** Whether it is another server than the user named: a redirect leads there. */
  readonly foreign: boolean
}

/** One authentication scheme with one user's credentials. */
export interface Authentication {
  /** Whether the scheme proves a connection instead of a request (client-facts §5, 40), so that requests must share one. */
  readonly perConnection: boolean
  attempt(target: AuthenticationTarget): AuthenticationAttempt
}

const maxChallengeLength = 8192
const maxChallenges = 8
const parameterPattern = /([A-Za-z][\w-]{0,63})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g

/** Reads `WWW-Authenticate` headers, one challenge each, as RVP servers send them (client-facts §5, 34). */
export function parseChallenges(values: readonly string[]): Challenge[] {
  return values.slice(0, maxChallenges).map((value) => {
    const text = value.slice(0, maxChallengeLength).trim()
    const space = text.indexOf(' ')
    const token = space < 0 ? '' : text.slice(space + 1).trim()
    const parameters = new Map<string, string>()
    for (const [, name = '', quoted, bare] of token.matchAll(parameterPattern)) {
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '')
    }
    return { scheme: (space < 0 ? text : text.slice(0, space)).toLowerCase(), token, parameters }
  })
}
