import { type LogicalUrl, parseLogicalUrl, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { parseHomeName } from '../home-name.ts'
import type { Locations, LocationWriter, NodeLocation } from '../locations.ts'
import { mapEntriesContract } from './map-entries-contract.ts'

/** An empty map, as two processes of the cluster see it. */
export interface OpenLocations {
  readonly locations: Locations & LocationWriter
  /** The same map over a connection of its own. */
  readonly other: Locations & LocationWriter
  /** Resolves once all changes so far have been told to the listeners of both. */
  arrival(): Promise<void>
}

/** What every map of locations does. `open` gives one in which there is nothing. */
export function locationsContract(open: () => Promise<OpenLocations>): void {
  const hq = parseHomeName('hq-1')
  const oslo = parseHomeName('oslo-1')
  const alice: NodeLocation = {
    node: userUrl('im.example.com', 'alice'),
    kind: 'user',
    home: hq,
    displayName: 'Alice "A" Müller',
    mail: 'alice@example.com',
  }
  const bob: NodeLocation = { node: userUrl('im.example.com', 'bob'), kind: 'user', home: oslo, displayName: 'Bob' }
  const group: NodeLocation = {
    node: parseLogicalUrl("http://im.example.com/groups/Sales,_North_(it's)"),
    kind: 'group',
    home: hq,
    displayName: '',
  }

  describe('Locations contract', () => {
    it('tells where a node lives and what was written of it, over any connection', async () => {
      const { locations, other } = await open()
      await locations.put([alice, bob, group])
      for (const each of [alice, bob, group]) {
        expect(await locations.locate(each.node)).toEqual(each)
        expect(await other.locate(each.node)).toEqual(each)
      }
    })

    it('does not know a node that nobody entered, nor one by another spelling of its path', async () => {
      const { locations } = await open()
      await locations.put([group])
      expect(await locations.locate(alice.node)).toBeUndefined()
      expect(await locations.locate(group.node.toLowerCase() as LogicalUrl)).toBeUndefined()
    })

    it('lists the users of one home, and no groups', async () => {
      const { locations, other } = await open()
      const carol = { ...bob, node: userUrl('im.example.com', 'carol'), home: hq }
      await locations.put([alice, bob, carol, group])
      expect(await listed(other.usersOf(hq))).toEqual([alice, carol])
      expect(await listed(other.usersOf(oslo))).toEqual([bob])
      expect(await listed(other.usersOf(parseHomeName('rome-1')))).toEqual([])
    })

    it('lists every entry', async () => {
      const { locations, other } = await open()
      expect(await listed(locations.all())).toEqual([])
      await locations.put([alice, bob, group])
      expect(await listed(other.all())).toEqual([group, alice, bob])
    })

    it('holds thousands of entries that came at once', async () => {
      const { locations, other, arrival } = await open()
      const heard = hear(other)
      const users = Array.from({ length: 5_000 }, (_, number) => ({
        ...bob,
        node: userUrl('im.example.com', `user${String(number).padStart(4, '0')}`),
      }))
      await locations.put(users)
      await arrival()
      expect(await listed(other.usersOf(oslo))).toEqual(users)
      expect(heard.nodes()).toEqual(users.map(({ node }) => node))
    })
  })

  describe('Locations contract: writing', () => {
    it('replaces an entry as a whole', async () => {
      const { locations, other } = await open()
      await locations.put([alice])
      const { mail: _, ...rest } = alice
      const replaced: NodeLocation = { ...rest, home: oslo, displayName: 'Alice Smith' }
      await locations.put([replaced])
      expect(await other.locate(alice.node)).toEqual(replaced)
      expect(await listed(other.usersOf(hq))).toEqual([])
      expect(await listed(other.usersOf(oslo))).toEqual([replaced])
    })

    it('puts nothing, or removes nobody, without complaint', async () => {
      const { locations } = await open()
      await locations.put([])
      await locations.remove([])
      await locations.remove([alice.node])
      expect(await listed(locations.all())).toEqual([])
    })

    it('removes entries', async () => {
      const { locations, other } = await open()
      await locations.put([alice, bob, group])
      await locations.remove([alice.node, group.node])
      expect(await other.locate(alice.node)).toBeUndefined()
      expect(await listed(other.all())).toEqual([bob])
      expect(await listed(other.usersOf(hq))).toEqual([])
    })
  })

  mapEntriesContract(open)

  describe('Locations contract: claim', () => {
    it('enters a node that is not there', async () => {
      const { locations, other } = await open()
      expect(await locations.claim(group)).toEqual(group)
      expect(await other.locate(group.node)).toEqual(group)
    })

    it('leaves an entry that came first as it is, and tells it', async () => {
      const { locations, other } = await open()
      await locations.claim(group)
      expect(await other.claim({ ...group, home: oslo, kind: 'resource' })).toEqual(group)
      expect(await locations.locate(group.node)).toEqual(group)
    })

    it('lets one of many that claim at once win, and tells all of them who', async () => {
      const { locations, other } = await open()
      const claims = Array.from({ length: 20 }, (_, number) =>
        (number % 2 === 0 ? locations : other).claim({ ...group, home: parseHomeName(`home-${number}`) }),
      )
      const winners = await Promise.all(claims)
      expect(new Set(winners.map(({ home }) => home)).size).toBe(1)
      expect(await other.locate(group.node)).toEqual(winners[0])
    })

    it('can be made again after the node was removed', async () => {
      const { locations, other } = await open()
      await locations.claim(group)
      await locations.remove([group.node])
      const again = { ...group, home: oslo }
      expect(await other.claim(again)).toEqual(again)
    })
  })

  describe('Locations contract: move', () => {
    it('moves a node from the home where it is, and changes nothing else of it', async () => {
      const { locations, other } = await open()
      await locations.put([alice])
      expect(await locations.move(alice.node, hq, oslo)).toBe(true)
      expect(await other.locate(alice.node)).toEqual({ ...alice, home: oslo })
      expect(await listed(other.usersOf(hq))).toEqual([])
      expect(await listed(other.usersOf(oslo))).toEqual([{ ...alice, home: oslo }])
    })

    it('moves groups too, which are no users of either home', async () => {
      const { locations, other } = await open()
      await locations.put([group])
      expect(await locations.move(group.node, hq, oslo)).toBe(true)
      expect(await other.locate(group.node)).toEqual({ ...group, home: oslo })
      expect(await listed(other.usersOf(oslo))).toEqual([])
    })

    it('refuses to move a node from where it is not, or that is nowhere', async () => {
      const { locations, other } = await open()
      await locations.put([alice])
      expect(await locations.move(alice.node, oslo, parseHomeName('rome-1'))).toBe(false)
      expect(await locations.move(bob.node, oslo, hq)).toBe(false)
      expect(await listed(other.all())).toEqual([alice])
    })

    it('moves once when many try at once', async () => {
      const { locations, other } = await open()
      await locations.put([alice])
      const homes = Array.from({ length: 10 }, (_, number) => parseHomeName(`home-${number}`))
      const moves = homes.map((home, number) => (number % 2 === 0 ? locations : other).move(alice.node, hq, home))
      const moved = await Promise.all(moves)
      expect(moved.filter(Boolean)).toHaveLength(1)
      expect(await locations.locate(alice.node)).toEqual({ ...alice, home: homes[moved.indexOf(true)] })
    })
  })

  describe('Locations contract: mark', () => {
    it('lets a marked entry be moved by whoever knows the mark, or asks for none', async () => {
      const { locations, other } = await open()
      await locations.put([alice, group])
      expect(await locations.mark(alice.node, hq, 'first')).toBe(true)
      expect(await other.locate(alice.node)).toEqual({ ...alice, mark: 'first' })
      expect(await other.move(alice.node, hq, oslo, 'first')).toBe(true)
      expect(await locations.mark(group.node, hq, 'first')).toBe(true)
      expect(await other.move(group.node, hq, oslo)).toBe(true)
      expect(await listed(locations.all())).toEqual([
        { ...group, home: oslo },
        { ...alice, home: oslo },
      ])
    })

    it('puts an end to moves under an older mark', async () => {
      const { locations, other } = await open()
      await locations.put([alice])
      await locations.mark(alice.node, hq, 'first')
      expect(await other.mark(alice.node, hq, 'second')).toBe(true)
      expect(await locations.move(alice.node, hq, oslo, 'first')).toBe(false)
      expect(await other.locate(alice.node)).toEqual({ ...alice, mark: 'second' })
    })

    it('refuses a move under a mark that nobody has made, as in an entry from before there were any', async () => {
      const { locations } = await open()
      await locations.put([alice])
      expect(await locations.move(alice.node, hq, oslo, 'first')).toBe(false)
    })

    it('marks nothing that is elsewhere, or nowhere', async () => {
      const { locations, other } = await open()
      await locations.put([alice])
      expect(await locations.mark(alice.node, oslo, 'first')).toBe(false)
      expect(await locations.mark(bob.node, oslo, 'first')).toBe(false)
      expect(await listed(other.all())).toEqual([alice])
    })

    it('loses a mark when the node moves or its entry is written, so that it cannot be used after a return', async () => {
      const { locations, other } = await open()
      await locations.put([alice])
      await locations.mark(alice.node, hq, 'first')
      await other.move(alice.node, hq, oslo)
      await other.move(alice.node, oslo, hq)
      expect(await locations.move(alice.node, hq, oslo, 'first')).toBe(false)
      await locations.mark(alice.node, hq, 'first')
      await other.put([{ ...alice, mark: 'first' }])
      expect(await locations.move(alice.node, hq, oslo, 'first')).toBe(false)
      expect(await locations.locate(alice.node)).toEqual(alice)
    })

    it('lets either the mark or the move win when both come at once', async () => {
      const { locations, other } = await open()
      await locations.put([alice])
      await locations.mark(alice.node, hq, 'first')
      const [moved, marked] = await Promise.all([
        locations.move(alice.node, hq, oslo, 'first'),
        other.mark(alice.node, hq, 'second'),
      ])
      expect(marked).toBe(!moved)
    })
  })

  describe('Locations contract: changes', () => {
    const steps: readonly [string, (locations: Locations & LocationWriter) => Promise<unknown>][] = [
      ['adds', (locations) => locations.put([alice])],
      ['changes', (locations) => locations.put([{ ...alice, displayName: 'Alice Smith' }])],
      ['moves', (locations) => locations.move(alice.node, hq, oslo)],
      ['removes', (locations) => locations.remove([alice.node])],
      ['claims', (locations) => locations.claim(alice)],
      ['gives members', (locations) => locations.putMembers(alice.node, [])],
    ]

    it('tells every listener of what anybody adds, changes, moves, removes, claims and gives members', async () => {
      const { locations, other, arrival } = await open()
      const own = hear(locations)
      const others = hear(other)
      for (const [step, work] of steps) {
        await work(locations)
        await arrival()
        expect([step, own.nodes(), others.nodes()]).toEqual([step, [alice.node], [alice.node]])
        own.clear()
        others.clear()
      }
    })

    it('has the new entry by the time that it tells', async () => {
      const { locations, other, arrival } = await open()
      const seen: (NodeLocation | undefined | Promise<NodeLocation | undefined>)[] = []
      other.onChange(() => seen.push(other.locate(alice.node)))
      await locations.put([alice])
      await arrival()
      expect(await Promise.all(seen)).toEqual([alice])
    })

    it('tells each of several entries', async () => {
      const { locations, other, arrival } = await open()
      const heard = hear(other)
      await locations.put([bob, alice, group])
      await arrival()
      expect(heard.nodes()).toEqual([group.node, alice.node, bob.node])
    })

    it('tells a listener that stopped nothing more, and goes on with the others', async () => {
      const { locations, other, arrival } = await open()
      const stopped = hear(other)
      const heard = hear(other)
      stopped.stop()
      stopped.stop()
      await locations.put([alice])
      await arrival()
      expect(stopped.nodes()).toEqual([])
      expect(heard.nodes()).toEqual([alice.node])
    })
  })
}

/** The entries in order of their names: the map has no order. */
async function listed(locations: AsyncIterable<NodeLocation>): Promise<readonly NodeLocation[]> {
  const all = await Array.fromAsync(locations)
  return all.sort((a, b) => (a.node < b.node ? -1 : 1))
}

/** What a listener hears: changed nodes in order of their names, each once; 'everything' for changes that may have been missed. */
function hear(locations: Locations): { nodes(): readonly string[]; clear(): void; stop(): void } {
  const heard = new Set<string>()
  const stop = locations.onChange((changed) => {
    for (const node of changed ?? ['everything']) heard.add(node)
  })
  return { nodes: () => [...heard].sort(), clear: () => heard.clear(), stop }
}
