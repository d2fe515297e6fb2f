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
  })
  .transform(({ home, kind, name, mail }) => ({ home, kind, displayName: name, ...(mail !== undefined && { mail }) }))

/** An entry of the directory map as it is stored. */
export function writeLocation({ home, kind, displayName, mail }: NodeLocation): string {
  return JSON.stringify({ home, kind, name: displayName, mail })
}

/** Reads the entry of `node`; undefined for anything that `writeLocation` does not make. */
export function readLocation(node: LogicalUrl, text: string): NodeLocation | undefined {
  try {
    return { node, ...entrySchema.parse(JSON.parse(text)) }
  } catch {
    return undefined
  }
}
