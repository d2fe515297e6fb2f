import { describe, expect, it } from 'vitest'
import { RemoteChanges } from './remote-changes.ts'
import { nodeOf } from './testing/domain-under-test.ts'

const [alice, bob, carol] = [nodeOf('alice'), nodeOf('bob'), nodeOf('carol')]

describe('the last changes of a home', () => {
  it('are known by their number, each node once', () => {
    const changes = new RemoteChanges(8)
    for (const node of [alice, bob, alice, carol]) changes.add(node)
    expect(changes.last).toBe(4)
    expect(changes.since(0)).toEqual(new Set([alice, bob, carol]))
    expect(changes.since(3)).toEqual(new Set([carol]))
    expect(changes.since(4)).toEqual(new Set())
  })

  it('are forgotten one by one when there are too many', () => {
    const changes = new RemoteChanges(2)
    for (const node of [alice, bob, carol]) changes.add(node)
    expect(changes.since(1)).toEqual(new Set([bob, carol]))
    expect(changes.since(0)).toBeUndefined()
  })

  it('have no number that was not reached', () => {
    const changes = new RemoteChanges(2)
    changes.add(alice)
    expect(changes.since(2)).toBeUndefined()
    expect(changes.since(-1)).toBeUndefined()
  })
})
