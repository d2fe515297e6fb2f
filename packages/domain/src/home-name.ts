import { BadRequestError } from '@parley/protocol'

declare const homeName: unique symbol

/** The logical name of a home server, e.g. `hq-1` (design.md, "Words"). */
export type HomeName = string & { readonly [homeName]: true }

const pattern = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/

/** Reads a home's name: lower-case letters, digits and hyphens, 32 at most; it becomes part of keys, subjects and paths. */
export function parseHomeName(text: string): HomeName {
  if (!pattern.test(text)) throw new BadRequestError('not the name of a home: a-z, 0-9 and hyphens, at most 32')
  return text as HomeName
}
