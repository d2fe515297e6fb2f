import { createHash } from 'node:crypto'

/** A Lua script, which Redis runs as one step. All keys come in KEYS and are of one slot. */
export interface Script {
  readonly lua: string
  readonly sha1: string
}

export function script(lua: string): Script {
  return { lua, sha1: createHash('sha1').update(lua).digest('hex') }
}
