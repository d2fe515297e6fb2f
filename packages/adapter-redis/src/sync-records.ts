import type { SourceId, SourceProblem, SyncState, WaitingEntry } from '@parley/domain'
import { z } from 'zod'
import { home, node } from './stored-names.ts'

const id = z.string().min(1)
const count = z.int().min(0)

const problem = z
  .strictObject({ id: id.optional(), origin: z.string(), what: z.string() })
  .transform(({ id, ...rest }): SourceProblem => ({ ...rest, ...(id !== undefined && { id }) }))

const user = z
  .strictObject({
    kind: z.literal('user'),
    id,
    node,
    displayName: z.string(),
    mail: z.string().optional(),
    names: z.array(z.string()),
    home: home.optional(),
    site: z.string().optional(),
    unit: z.string().optional(),
    attributes: z.record(z.string(), z.string()),
    origin: z.string(),
  })
  .transform(({ mail, home, site, unit, ...rest }) => ({
    ...rest,
    ...(mail !== undefined && { mail }),
    ...(home !== undefined && { home }),
    ...(site !== undefined && { site }),
    ...(unit !== undefined && { unit }),
  }))

const group = z
  .strictObject({
    kind: z.literal('group'),
    id,
    node,
    displayName: z.string(),
    mail: z.string().optional(),
    members: z.array(id),
    origin: z.string(),
  })
  .transform(({ mail, ...rest }) => ({ ...rest, ...(mail !== undefined && { mail }) }))

const waiting = z.strictObject({ entry: z.union([user, group]), problem })
const members = z.array(id)

const state = z
  .strictObject({
    fingerprint: z.string(),
    cookie: z.string().optional(),
    fullReadAt: z.number(),
    changedAt: z.number(),
    users: count,
    groups: count,
  })
  .transform(({ cookie, ...rest }): SyncState => ({ ...rest, ...(cookie !== undefined && { cookie }) }))

/** These read what SyncStoreRedis writes as JSON; undefined for anything else. */
export function readState(text: string): SyncState | undefined {
  return read(state, text)
}

export function readWaiting(text: string): WaitingEntry | undefined {
  return read(waiting, text)
}

export function readProblem(text: string): SourceProblem | undefined {
  return read(problem, text)
}

export function readMembers(text: string): readonly SourceId[] | undefined {
  return read(members, text)
}

function read<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}
