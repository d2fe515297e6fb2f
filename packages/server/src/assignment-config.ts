import { z } from 'zod'

/** Which home a new user gets (docs/directory.md). The first rule that fits names the site. */
export const assignmentSection = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        site: z.string().min(1).describe('Name of the site, as in "sites".'),
        unit: z.string().optional().describe('Fits users below this container, e.g. OU=Oslo,DC=example,DC=com.'),
        attribute: z.string().optional().describe('Fits users by an attribute of "search", or "site"; with "value".'),
        value: z.string().optional().describe('What the attribute must be; upper and lower case are the same.'),
      }),
    )
    .default([])
    .describe('From top to bottom; a user whom none fits may get any home.'),
  sites: z
    .record(
      z.string(),
      z.strictObject({
        homes: z.array(z.string()).min(1).describe('Homes of the site.'),
        capacity: z.coerce.number().int().positive().default(10_000).describe('Users a home may be given.'),
      }),
    )
    .default({})
    .describe('Homes of each site: the one with the most room is given next.'),
  writeBack: z.string().optional().describe('LDAP attribute that the chosen home is written to; absent: none is.'),
})

export type AssignmentConfig = z.output<typeof assignmentSection>
