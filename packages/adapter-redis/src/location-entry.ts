import { type MapEntry, type NodeLocation, type PersonAttributes, parseHomeName } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { z } from 'zod'

const locationSchema = z
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
    id: z.string().optional(),
    mark: z.string().optional(),
  })
  .transform(({ home, kind, name, mail, id, mark }) => ({
    home,
    kind,
    displayName: name,
    ...(mail !== undefined && { mail }),
    ...(id !== undefined && { id }),
    ...(mark !== undefined && { mark }),
  }))

// NOTE: z.record takes ten times as long, and a search reads many entries.
const attributesSchema = z.custom<PersonAttributes>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string'),
)

const detailsSchema = z
  .strictObject({
    names: z.array(z.string()).optional(),
    attributes: attributesSchema.optional(),
    unit: z.string().optional(),
  })
  .transform(({ names, attributes, unit }) => ({
    ...(names !== undefined && { names }),
    ...(attributes !== undefined && { attributes }),
    ...(unit !== undefined && { unit }),
  }))

/**
 * An entry of the directory map as it is stored, without any mark that it has: a line of JSON of where the node lives, which is all that
 * a router reads, `{"home","kind","name","mail"?,"id"?,"mark"?}`, and one of the rest if there is any, `{"names"?,"attributes"?,"unit"?}`.
 */
export function writeEntry(entry: MapEntry): string {
  const { names, attributes, unit } = entry
  const location = writeLocation(entry)
  if (names === undefined && attributes === undefined && unit === undefined) return location
  return `${location}\n${JSON.stringify({ names, attributes, unit })}`
}

/** `text` with another location; the rest stays as it is. */
export function withLocation(text: string, location: NodeLocation, mark?: string): string {
  const end = text.indexOf('\n')
  return writeLocation(location, mark) + (end < 0 ? '' : text.slice(end))
}

/** Reads where `node` lives; undefined for anything that `writeEntry` does not make. */
export function readLocation(node: LogicalUrl, text: string): NodeLocation | undefined {
  const end = text.indexOf('\n')
  return parsed(() => ({ node, ...locationSchema.parse(JSON.parse(end < 0 ? text : text.slice(0, end))) }))
}

/** Reads the whole entry of `node`; undefined for anything that `writeEntry` does not make. */
export function readEntry(node: LogicalUrl, text: string): MapEntry | undefined {
  const location = readLocation(node, text)
  const end = text.indexOf('\n')
  if (!location || end < 0) return location
  return parsed(() => ({ ...location, ...detailsSchema.parse(JSON.parse(text.slice(end + 1))) }))
}

function writeLocation({ home, kind, displayName, mail, id }: NodeLocation, mark?: string): string {
  return JSON.stringify({ home, kind, name: displayName, mail, id, mark })
}

function parsed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
