import { type Clock, type People, searchWords } from '@parley/domain'
import { domainOf, header, NotFoundError, parseLogicalUrl, TooManyRequestsError, userUrl } from '@parley/protocol'
import { Hono } from 'hono'
import { appRoot } from './app-root.ts'
import type { AppCaller, EdgeApp } from './edge-app.ts'
import { MinuteTally } from './minute-tally.ts'
import { peopleOpenApi } from './people-openapi.ts'
import { circleOf, criteriaOf, type PeoplePolicy, released } from './people-policy.ts'
import { type FoundAnswer, type PersonAnswer, parseSearch, refused, searchSchema } from './people-schemas.ts'
import { askWebApp, type WebLimits } from './web-bridge.ts'

const limits: WebLimits = { answerMs: 10_000, answerBytes: 1 << 20 }
const maxWords = 8
const maxCriteria = 4

export interface PeopleAppOptions {
  readonly people: People
  readonly policy: PeoplePolicy
  /** Searches of one user in a minute, at this process. */
  readonly perMinute: number
  readonly clock: Clock
}

/** The search for people, for programs (docs/search.md). */
export function createPeopleApp({ people, policy, perMinute, clock }: PeopleAppOptions): EdgeApp {
  const criteria = criteriaOf(policy)
  const schema = searchSchema(criteria)
  const description = peopleOpenApi(appRoot, criteria)
  const tally = new MinuteTally(perMinute, clock)
  const app = new Hono<{ Bindings: AppCaller }>()

  app.get(`${appRoot}people`, async (context) => {
    const { identity } = context.env
    const query = parseSearch(schema, new URL(context.req.url).searchParams)
    const { q = '', limit, ...rest } = query
    const words = wordsOf('q', q)
    const wanted = Object.entries(rest).flatMap(([name, text]) => {
      const found = wordsOf(name, String(text))
      return found.length > 0 ? [[name, found] as const] : []
    })
    if (words.length === 0 && wanted.length === 0) throw refused('say whom to find: q, with a name or its beginning')
    if (wanted.length > maxCriteria) throw refused(`give at most ${maxCriteria} criteria`)
    take(tally, identity.principal)
    const circle = await circleOf(policy, identity.principal, people)
    if (!circle) return context.json({ people: [], more: false } satisfies FoundAnswer)
    const found = await people.search({
      words,
      criteria: Object.fromEntries(wanted),
      ...(circle.within && { within: circle.within }),
      limit,
    })
    return context.json({
      people: found.people.map((person) => released(policy, person)),
      more: found.more,
    } satisfies FoundAnswer)
  })

  app.get(`${appRoot}people/:who`, async (context) => {
    const { principal } = context.env.identity
    take(tally, principal)
    const who = context.req.param('who')
    const at = who.lastIndexOf('@')
    const [alias, domain] = at < 0 ? [who, domainOf(principal)] : [who.slice(0, at), who.slice(at + 1)]
    const node = parseLogicalUrl(userUrl(domain, alias))
    const [circle, person] = await Promise.all([circleOf(policy, principal, people), people.person(node)])
    if (!person || !circle?.has(person)) throw new NotFoundError('there is no such user')
    return context.json(released(policy, person) satisfies PersonAnswer)
  })

  app.get(`${appRoot}openapi.json`, (context) => context.json(description))

  app.notFound(() => {
    throw new NotFoundError('there is nothing here')
  })
  // The edge turns errors into answers, and reports them.
  app.onError((err) => {
    throw err
  })

  return {
    owns: (path) => path.startsWith(appRoot),
    handle: (request, caller) => askWebApp((asked, env) => app.fetch(asked, env), request, caller, { clock, limits }),
  }
}

function wordsOf(name: string, text: string): readonly string[] {
  const words = searchWords(text)
  if (words.length > maxWords) throw refused(`${name}: give at most ${maxWords} words`)
  return words
}

function take(tally: MinuteTally, user: string): void {
  const seconds = tally.take(user)
  if (seconds === undefined) return
  throw new TooManyRequestsError(`too many searches; try again in ${seconds} s`, {
    headers: [[header.retryAfter, `${seconds}`]],
  })
}
