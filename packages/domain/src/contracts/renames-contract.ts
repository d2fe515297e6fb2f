import { parseLogicalUrl, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { parseHomeName } from '../home-name.ts'
import type { Locations, LocationWriter, MapEntry } from '../locations.ts'
import type { Renames, RenameWriter } from '../renames.ts'

/** No renames, beside an empty map, as two processes of the cluster see them. */
export interface OpenRenames {
  readonly renames: Renames & RenameWriter
  /** The same over a connection of its own; it may be the same object. */
  readonly other: Renames & RenameWriter
  /** The map that is renamed in. */
  readonly map: Locations & LocationWriter
  /** Milliseconds since 1970, by the clock that `until` is compared with, about. */
  now(): number
  /** Resolves once all changes so far have been told to the listeners of both. */
  arrival(): Promise<void>
}

const dayMs = 86_400_000

/** What every keeper of renames does. `open` gives one that has none. */
export function renamesContract(open: () => Promise<OpenRenames>): void {
  const url = (alias: string) => userUrl('im.example.com', alias)
  const [ann, anna, annika, annabel] = [url('ann'), url('anna'), url('annika'), url('annabel')]
  const entry: MapEntry = {
    node: ann,
    kind: 'user',
    home: parseHomeName('hq-1'),
    displayName: 'Ann "A" Müller',
    mail: 'ann@example.com',
    id: 'id-ann',
    names: ['ann@example.com', 'example\\ann'],
    attributes: { department: 'Süd' },
    unit: 'ou=hq,dc=example,dc=com',
  }

  describe('Renames contract: where a node has gone', () => {
    it('knows of none that was not renamed', async () => {
      const { renames } = await open()
      expect(await renames.find(ann)).toBeUndefined()
      expect(await renames.since(0)).toEqual([])
    })

    it('tells the new URL, over several renames too, and over any connection', async () => {
      const { renames, other, now, arrival } = await open()
      const until = now() + dayMs
      await renames.rename([{ from: ann, to: anna, until }])
      await arrival()
      expect(await other.find(ann)).toBe(anna)
      await renames.rename([{ from: anna, to: annika, until }])
      await arrival()
      expect(await renames.find(ann)).toBe(annika)
      expect(await other.find(ann)).toBe(annika)
      expect(await other.find(anna)).toBe(annika)
      expect(await other.find(annika)).toBeUndefined()
    })

    it('has not gone anywhere once it is back, and its other URL leads there', async () => {
      const { renames, now, arrival } = await open()
      const until = now() + dayMs
      await renames.rename([{ from: ann, to: anna, until }])
      await renames.rename([{ from: anna, to: ann, until }])
      await arrival()
      expect(await renames.find(ann)).toBeUndefined()
      expect(await renames.find(anna)).toBe(ann)
      await renames.rename([{ from: ann, to: anna, until }])
      await arrival()
      expect(await renames.find(ann)).toBe(anna)
      expect(await renames.find(anna)).toBeUndefined()
      expect(await renames.since(0)).toHaveLength(3)
    })

    it('follows the newest of two renames of one URL', async () => {
      const { renames, now, arrival } = await open()
      const until = now() + dayMs
      await renames.rename([{ from: ann, to: anna, until }])
      await renames.rename([{ from: ann, to: annabel, until }])
      await arrival()
      expect(await renames.find(ann)).toBe(annabel)
    })

    it('forgets a rename that has ended', async () => {
      const { renames, now, arrival } = await open()
      await renames.rename([{ from: ann, to: anna, until: now() - 1 }])
      await renames.rename([{ from: annika, to: annabel, until: now() + dayMs }])
      await arrival()
      expect(await renames.find(ann)).toBeUndefined()
      expect(await renames.find(annika)).toBe(annabel)
    })
  })

  describe('Renames contract: the log', () => {
    it('gives renames in their order, after any of them', async () => {
      const { renames, other, now } = await open()
      const until = now() + dayMs
      await renames.rename([
        { from: ann, to: anna, until },
        { from: annika, to: annabel, until },
      ])
      await other.rename([{ from: anna, to: url('an'), until }])
      const all = await renames.since(0)
      expect(all.map(({ from, to }) => [from, to])).toEqual([
        [ann, anna],
        [annika, annabel],
        [anna, url('an')],
      ])
      expect(all.every((rename) => rename.until === until)).toBe(true)
      const sequences = all.map(({ sequence }) => sequence)
      expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b))
      expect(sequences[0]).toBeGreaterThan(0)
      expect(await other.since(sequences[0] ?? 0)).toEqual(all.slice(1))
      expect(await other.since(sequences[2] ?? 0)).toEqual([])
    })

    it('records a rename that is made once more only once', async () => {
      const { renames, other, now } = await open()
      const rename = { from: ann, to: anna, until: now() + dayMs }
      await renames.rename([rename])
      await other.rename([rename])
      expect(await renames.since(0)).toHaveLength(1)
    })

    it('holds thousands of renames that came at once, in their order', async () => {
      const { renames, other, now, arrival } = await open()
      const until = now() + dayMs
      const many = Array.from({ length: 2_000 }, (_, at) => ({
        from: url(`user${at}`),
        to: userUrl('im.example.org', `user${at}`),
        until,
      }))
      await renames.rename(many)
      await arrival()
      expect((await other.since(0)).map(({ from }) => from)).toEqual(many.map(({ from }) => from))
      expect(await other.find(url('user1999'))).toBe(userUrl('im.example.org', 'user1999'))
    })
  })

  describe('Renames contract: the map', () => {
    it('has the entry under the new URL, as it was, and not under the old one', async () => {
      const { renames, map, now } = await open()
      await map.put([entry])
      await renames.rename([{ from: ann, to: anna, until: now() + dayMs }])
      expect(await map.entry(anna)).toEqual({ ...entry, node: anna })
      expect(await map.locate(ann)).toBeUndefined()
      expect((await map.named('example\\ann'))?.node).toBe(anna)
    })

    it('has a group with its members under the new URL', async () => {
      const { renames, map, now } = await open()
      const group = parseLogicalUrl('http://im.example.com/groups/sales')
      const renamed = parseLogicalUrl('http://im.example.com/groups/marketing')
      await map.put([{ node: group, kind: 'group', home: entry.home, displayName: 'Sales', id: 'id-sales' }])
      await map.putMembers(group, [ann])
      await renames.rename([{ from: group, to: renamed, until: now() + dayMs }])
      expect(await map.membersOf(renamed)).toEqual([ann])
      expect(await map.membersOf(group)).toBeUndefined()
    })

    it('stays as it is when a rename is made once more', async () => {
      const { renames, map, now } = await open()
      await map.put([entry])
      const rename = { from: ann, to: anna, until: now() + dayMs }
      await renames.rename([rename])
      await renames.rename([rename])
      expect(await Array.fromAsync(map.all())).toEqual([{ ...entry, node: anna }])
    })

    it('may lack the node, whose rename counts all the same', async () => {
      const { renames, map, now, arrival } = await open()
      await renames.rename([{ from: ann, to: anna, until: now() + dayMs }])
      await arrival()
      expect(await renames.find(ann)).toBe(anna)
      expect(await Array.fromAsync(map.all())).toEqual([])
    })
  })

  describe('Renames contract: changes', () => {
    it('tells every listener that there are new ones, until it stops', async () => {
      const { renames, other, now, arrival } = await open()
      const heard: string[] = []
      renames.onChange(() => heard.push('own'))
      other.onChange(() => heard.push('other'))
      const stop = other.onChange(() => heard.push('stopped'))
      stop()
      stop()
      await renames.rename([{ from: ann, to: anna, until: now() + dayMs }])
      await arrival()
      expect([...new Set(heard)].sort()).toEqual(['other', 'own'])
    })

    it('has recorded them by the time that it tells', async () => {
      const { renames, other, now, arrival } = await open()
      const seen: Promise<readonly unknown[]>[] = []
      other.onChange(() => seen.push(other.since(0)))
      await renames.rename([{ from: ann, to: anna, until: now() + dayMs }])
      await arrival()
      expect((await Promise.all(seen)).map(({ length }) => length)).toContain(1)
    })
  })
}
