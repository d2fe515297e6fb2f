import { parseHomeName } from '@parley/domain'
import { parseLogicalUrl, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { nodeOfPart, nodeOfRef, nodePart, nodeRef, RedisKeys } from './keys.ts'

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

  it('spells users short, and reads that spelling only', () => {
    const group = parseLogicalUrl('http://im.example.com/groups/sales@home')
    const odd = userUrl('im.example.com', 'a@b')
    expect([alice, group, odd].map(nodeRef)).toEqual([
      'alice@im.example.com',
      'im.example.com/groups/sales@home',
      'a@b@im.example.com',
    ])
    for (const node of [alice, group, odd]) expect(nodeOfRef(nodeRef(node))).toBe(node)
    for (const ref of ['', '@', 'alice', 'alice@', '@im.example.com', 'Alice@im.example.com', nodePart(alice), 'a b@c'])
      expect(nodeOfRef(ref)).toBeUndefined()
  })

  it('spreads names over buckets that stay small', () => {
    const sizes = new Map<string, number>()
    for (let at = 0; at < 200_000; at++) {
      const key = keys.names(`user${at}@example.com`)
      sizes.set(key, (sizes.get(key) ?? 0) + 1)
    }
    expect(sizes.size).toBeGreaterThan(16_000)
    expect(Math.max(...sizes.values())).toBeLessThan(50)
  })

  it('finds the node of an entry’s key', () => {
    expect(keys.location(alice)).toBe('parley:node:im.example.com/instmsg/aliases/alice')
    expect(nodeOfPart(keys.locationPart(keys.location(alice)))).toBe(alice)
    expect(nodeOfPart(nodePart(alice))).toBe(alice)
  })
})
