import { parseHomeName } from '@parley/domain'
import { userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { nodeOfPart, nodePart, RedisKeys } from './keys.ts'

const home = parseHomeName('hq-1')
const alice = userUrl('im.example.com', 'alice')

describe('RedisKeys', () => {
  const keys = new RedisKeys('parley')

  it('gives all keys of a home the hash tag of the home, and no other key any', () => {
    const own = [
      keys.epoch(home),
      keys.attempt(home),
      keys.lease(home),
      keys.nodes(home),
      keys.users(home),
      keys.node(home, alice),
    ]
    for (const key of own) expect(key).toMatch(/^parley:\{hq-1\}:/)
    expect(new Set(own).size).toBe(own.length)
    for (const key of [keys.homes, keys.location(alice)]) expect(key).not.toContain('{')
  })

  it('finds the node of an entry’s key', () => {
    expect(keys.location(alice)).toBe('parley:node:im.example.com/instmsg/aliases/alice')
    expect(nodeOfPart(keys.locationPart(keys.location(alice)))).toBe(alice)
    expect(nodeOfPart(nodePart(alice))).toBe(alice)
  })
})
