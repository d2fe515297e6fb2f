import { parseLogicalUrl, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { parseHomeName } from '../home-name.ts'
import type { LocationWriter, MapEntry, NodeLocation } from '../locations.ts'
import type { OpenLocations } from './locations-contract.ts'

/** What every map of locations does with what comes from a directory: a part of locationsContract. */
export function mapEntriesContract(open: () => Promise<OpenLocations>): void {
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
    node: parseLogicalUrl('http://im.example.com/groups/sales'),
    kind: 'group',
    home: hq,
    displayName: 'Sales',
  }
  const whole: MapEntry = {
    ...alice,
    id: '6d010770-feac-4771-a48c-a60a7d213b2e',
    names: ['alice@example.com', 'alice.mueller@example.com', 'example\\alice', 'alice'],
    attributes: { department: 'Süd "1"', title: '\n\t\0', __proto__x: '' },
    unit: 'ou=a\\,b,dc=example,dc=com',
  }

  describe('Locations contract: what comes from a directory', () => {
    it('is kept as it was written', async () => {
      const { locations, other } = await open()
      await locations.put([whole, bob])
      expect(await locations.entry(alice.node)).toEqual(whole)
      expect(await other.entry(alice.node)).toEqual(whole)
      expect(await other.entry(bob.node)).toEqual(bob)
      expect(await other.entry(group.node)).toBeUndefined()
      expect(await other.locate(alice.node)).toMatchObject(alice)
      expect(await listed(other)).toEqual([whole, bob])
    })

    it('stays when the node moves, or is marked', async () => {
      const { locations, other } = await open()
      await locations.put([whole])
      await locations.mark(alice.node, hq, 'first')
      expect(await other.entry(alice.node)).toEqual({ ...whole, mark: 'first' })
      await locations.move(alice.node, hq, oslo, 'first')
      expect(await other.entry(alice.node)).toEqual({ ...whole, home: oslo })
      expect((await other.named('alice'))?.node).toBe(alice.node)
    })

    it('is replaced as a whole, or removed', async () => {
      const { locations, other } = await open()
      await locations.put([whole])
      await locations.put([alice])
      expect(await other.entry(alice.node)).toEqual(alice)
      await locations.remove([alice.node])
      expect(await other.entry(alice.node)).toBeUndefined()
    })

    it('is that of the last of two entries of one node', async () => {
      const { locations, other } = await open()
      await locations.put([whole, { ...alice, names: ['al'] }])
      expect(await other.entry(alice.node)).toEqual({ ...alice, names: ['al'] })
      expect(await other.named('alice')).toBeUndefined()
      expect((await other.named('al'))?.node).toBe(alice.node)
    })
  })

  describe('Locations contract: names', () => {
    it('lead to their user, over any connection', async () => {
      const { locations, other } = await open()
      await locations.put([whole, { ...bob, names: ['bob'] }])
      for (const name of whole.names ?? []) {
        expect((await locations.named(name))?.node).toBe(alice.node)
        expect((await other.named(name))?.node).toBe(alice.node)
      }
      expect(await other.named('bob')).toEqual(bob)
      for (const nobody of ['', 'Alice', 'alic', 'alice ', 'carol', 'alice@example.org', '__proto__'])
        expect(await other.named(nobody)).toBeUndefined()
    })

    it.each([
      'constructor',
      '__proto__',
      '#',
      'example\\\\x',
      'a b',
      'ærlig@exämple.com',
      '{x}',
      '*',
      '名前',
      'x'.repeat(1_000),
    ])('may be %j', async (name) => {
      const { locations, other } = await open()
      await locations.put([{ ...alice, names: [name, `${name}2`] }])
      expect((await other.named(name))?.node).toBe(alice.node)
      expect((await other.named(`${name}2`))?.node).toBe(alice.node)
      await locations.remove([alice.node])
      expect(await other.named(name)).toBeUndefined()
    })

    it('lead to nobody once their user has others, or is removed', async () => {
      const { locations, other } = await open()
      await locations.put([whole])
      await locations.put([{ ...whole, names: ['alice', 'ally'] }])
      expect((await other.named('alice'))?.node).toBe(alice.node)
      expect((await other.named('ally'))?.node).toBe(alice.node)
      expect(await other.named('alice@example.com')).toBeUndefined()
      await locations.remove([alice.node])
      expect(await other.named('alice')).toBeUndefined()
      expect(await other.named('ally')).toBeUndefined()
    })

    it('are taken over by who is entered with them later, also in the same call', async () => {
      const { locations, other } = await open()
      await locations.put([whole])
      await locations.put([{ ...bob, names: ['alice'] }])
      expect((await other.named('alice'))?.node).toBe(bob.node)
      expect((await other.named('alice@example.com'))?.node).toBe(alice.node)
      await locations.put([
        { ...alice, names: ['both'] },
        { ...bob, names: ['both', 'alice'] },
      ])
      expect((await other.named('both'))?.node).toBe(bob.node)
    })

    it('stay with who took them over when their former user goes, or loses them', async () => {
      const { locations, other } = await open()
      await locations.put([whole])
      await locations.put([{ ...bob, names: ['alice', 'example\\alice'] }])
      await locations.put([{ ...alice, names: ['example\\alice2'] }])
      expect((await other.named('alice'))?.node).toBe(bob.node)
      await locations.remove([alice.node])
      expect((await other.named('example\\alice'))?.node).toBe(bob.node)
      expect(await other.named('example\\alice2')).toBeUndefined()
    })
  })

  describe('Locations contract: members', () => {
    it('are those that were put last, of groups only that have any', async () => {
      const { locations, other } = await open()
      await locations.put([group, alice])
      expect(await other.membersOf(group.node)).toBeUndefined()
      await locations.putMembers(group.node, [alice.node, bob.node, group.node])
      expect(await other.membersOf(group.node)).toEqual([alice.node, bob.node, group.node])
      await other.putMembers(group.node, [bob.node])
      expect(await locations.membersOf(group.node)).toEqual([bob.node])
      await locations.putMembers(group.node, [])
      expect(await other.membersOf(group.node)).toEqual([])
      expect(await other.membersOf(alice.node)).toBeUndefined()
    })

    it('may be ten thousand', async () => {
      const { locations, other } = await open()
      const members = Array.from({ length: 10_000 }, (_, at) => userUrl('im.example.com', `user${at}`))
      await locations.putMembers(group.node, members)
      expect(await other.membersOf(group.node)).toEqual(members)
    })

    it('stay when the group is written again, and go with it', async () => {
      const { locations, other } = await open()
      await locations.put([group])
      await locations.putMembers(group.node, [alice.node])
      await locations.put([{ ...group, displayName: 'Sales' }])
      expect(await other.membersOf(group.node)).toEqual([alice.node])
      await locations.remove([group.node])
      expect(await other.membersOf(group.node)).toBeUndefined()
    })
  })
}

/** Every entry, in order of their names: the map has no order. */
async function listed(map: LocationWriter): Promise<readonly MapEntry[]> {
  const all = await Array.fromAsync(map.all())
  return all.sort((a, b) => (a.node < b.node ? -1 : 1))
}
