import { type HomeName, parseHomeName } from '@parley/domain'
import type { LogicalUrl } from '@parley/protocol'
import { z } from 'zod'
import { canonicalNode } from './keys.ts'

/** A URL that is stored as it is. */
export const node = z.custom<LogicalUrl>((text) => typeof text === 'string' && canonicalNode(text) !== undefined)

/** The name of a home. */
export const home = z.custom<HomeName>((text) => typeof text === 'string' && homeOf(text) === text)

/** The home of that name; undefined for what cannot be the name of one. */
export function homeOf(text: string): HomeName | undefined {
  try {
    return parseHomeName(text)
  } catch {
    return undefined
  }
}
