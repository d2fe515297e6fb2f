import { z } from 'zod'

/** Search for people (docs/search.md). */
export const searchSection = z.strictObject({
  show: z
    .array(z.string())
    .default(['mail', 'department', 'office', 'title'])
    .describe('What is shown of people besides their name and IM address.'),
  within: z
    .union([z.literal('unit'), z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,31}$/)])
    .optional()
    .describe(
      'Find only people of one’s own container ("unit"), or with the same attribute, e.g. company; all when absent.',
    ),
  perMinute: z.coerce.number().int().positive().default(60).describe('Searches of one user in a minute.'),
})

export type SearchConfig = z.output<typeof searchSection>
