import { BadRequestError } from '@parley/protocol'
import { z } from 'zod'

/** Somebody who was found, as programs read it (docs/search.md). */
export const personSchema = z.strictObject({
  href: z.string().describe('Logical URL of the user: what contact lists and RVP requests take.'),
  address: z.string().describe('The IM address, e.g. anna.lind@im.example.com.'),
  displayName: z.string(),
  mail: z.string().optional().describe('Mail address, if it is released.'),
  attributes: z.record(z.string(), z.string()).describe('What else is released, e.g. department and office, by name.'),
})

/** What a search answers. */
export const foundSchema = z.strictObject({
  people: z.array(personSchema).max(100).describe('Best first.'),
  more: z.boolean().describe('Whether more people fit than are shown.'),
})

/** Why a request was not answered (RFC 9457). */
export const problemSchema = z.strictObject({
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What is wrong, for people.'),
  requestId: z.string().describe('Names the request in the server’s log.'),
})

export type PersonAnswer = z.output<typeof personSchema>
export type FoundAnswer = z.output<typeof foundSchema>

const words = z.string().max(256, 'must be at most 256 characters')

/** What may be asked, where people can be found by `criteria` besides their names. */
export function searchSchema(criteria: readonly string[]) {
  return z.strictObject({
    q: words
      .optional()
      .describe(
        'Beginnings of words of the name, mail address or alias, in any order and without regard to case and accents.',
      ),
    limit: z.coerce.number().int().min(1).max(100).default(20).describe('How many people are shown at most.'),
    ...Object.fromEntries(
      criteria.map((name) => [name, words.optional().describe(`Beginnings of words of the ${name}.`)]),
    ),
  })
}

/** A query string as the schema reads it, each name once. Throws BadRequestError, whose private message repeats nothing of it. */
export function parseSearch<Schema extends z.ZodType>(schema: Schema, query: URLSearchParams): z.output<Schema> {
  const names = [...query.keys()]
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw refused(`${twice} is given twice`)
  const result = schema.safeParse(Object.fromEntries(query))
  if (result.success) return result.data
  throw refused(result.error.issues.map(({ path, message }) => [...path, message].join(': ')).join('; '))
}

/** NOTE: names that are searched for are personal, and the private message of an error goes to the log. */
export function refused(reason: string): BadRequestError {
  return new BadRequestError(reason.slice(0, 1000), { detail: 'the search is not well-formed' })
}
