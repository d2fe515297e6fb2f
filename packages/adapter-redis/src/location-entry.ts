import { type NodeLocation, parseHomeName } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { z } from 'zod'

const entrySchema = z
  .strictObject({
    home: z.string().transform((text, context) => {
      try {
        return parseHomeName(text)
      } catch {
        context.addIssue({ code: 'custom', message: 'not the name of a home' })
        return z.NEVER
      }
    }),
    kind: z.enum(['user', 'group', 'resource']),
    name: z.string(),
    mail: z.string().optional(),
    mark: z.string().optional(),
  })
  .transform(({ home, kind, name, mail, mark }) => ({
    home,
    kind,
    displayName: name,
    ...(mail !== undefined && { mail }),
    ...(mark !== undefined && { mark }),
  }))

/** An entry of the directory map as it is stored; any mark that `location` has is left out. */
export function writeLocation({ home, kind, displayName, mail }: NodeLocation, mark?: string): string {
  return JSON.stringify({ home, kind, name: displayName, mail, mark })
}

/** Reads the entry of `node`; undefined for anything that `writeLocation` does not make. */
export function readLocation(node: LogicalUrl, text: string): NodeLocation | undefined {
  try {
    return { node, ...entrySchema.parse(JSON.parse(text)) }
  } catch {
    return undefined
  }
}
