import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ClusterKeys } from './cluster-keys.ts'

const key = (id: string) => ({ id, secret: randomBytes(32) })

describe('the keys of a cluster', () => {
  it('verify what any of them signed, and sign with the first', () => {
    const [old, young] = [key('old'), key('young')]
    const token = new ClusterKeys([old]).sign('payload')
    const keys = new ClusterKeys([young, old])
    expect(keys.verify(token)).toBe('payload')
    expect(keys.sign('payload')).toMatch(/^young\.payload\./)
  })

  it('rotate: what was signed with a key that is gone is refused', () => {
    const [old, young] = [key('old'), key('young')]
    const keys = new ClusterKeys([old])
    const token = keys.sign('payload')
    keys.replace([young, old])
    expect(keys.verify(token)).toBe('payload')
    keys.replace([young])
    expect(() => keys.verify(token)).toThrow('not among ours')
  })

  it('keep what they had when they are replaced by bad ones', () => {
    const keys = new ClusterKeys([key('a')])
    const token = keys.sign('payload')
    expect(() => keys.replace([])).toThrow('needs a key')
    expect(keys.verify(token)).toBe('payload')
  })

  it.each([
    ['none', [], 'a cluster needs a key'],
    ['one that is too short', [{ id: 'a', secret: randomBytes(31) }], 'cluster key a has fewer than 32 bytes'],
    ['one name twice', [key('a'), key('a')], 'two cluster keys have the id a'],
    ['a name with a dot', [key('a.b')], 'the id of a cluster key'],
    ['too many', Array.from({ length: 9 }, (_, index) => key(`k${index}`)), 'more than 8'],
  ])('say what is wrong with %s', (_, keys, message) => {
    expect(() => new ClusterKeys(keys)).toThrow(message)
  })

  it('give the secrets for another purpose in their order', () => {
    const [old, young] = [key('old'), key('young')]
    const keys = new ClusterKeys([old])
    const [before] = keys.derive('tests')
    expect(keys.derive('other tests')).not.toContainEqual(before)
    keys.replace([young, old])
    expect(keys.derive('tests')).toEqual([...new ClusterKeys([young]).derive('tests'), before])
  })

  it('refuse another secret under the same id', () => {
    const token = new ClusterKeys([key('a')]).sign('payload')
    expect(() => new ClusterKeys([key('a')]).verify(token)).toThrow('not what the key a signed')
  })
})
