import { parseLogicalUrl, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { parseHomeName } from '../home-name.ts'
import type { LocationWriter, MapEntry } from '../locations.ts'
import type { People, PeopleQuery } from '../people.ts'
import { searchWords } from '../search-words.ts'

/** A search over an empty map. */
export interface OpenPeople {
  readonly people: People
  readonly map: LocationWriter
}

/** What every search for people finds. `open` gives one over nobody. */
export function peopleContract(open: () => Promise<OpenPeople>): void {
  const hq = parseHomeName('hq-1')
  const user = (alias: string, displayName: string, more: Partial<MapEntry> = {}): MapEntry => ({
    node: userUrl('im.example.com', alias),
    kind: 'user',
    home: hq,
    displayName,
    mail: `${alias}@example.com`,
    ...more,
  })
  const kari = user('kari.nordmann', 'Kari Nordmann', {
    id: 'id-kari',
    unit: 'ou=sales,ou=oslo,dc=example,dc=com',
    attributes: { department: 'Sales Nordic', office: 'Oslo', company: 'Example AS', givenName: 'Kari' },
  })
  const ola = user('ola', 'Nordmann, Ola', {
    mail: 'o.nordmann@example.org',
    unit: 'ou=oslo,dc=example,dc=com',
    attributes: { department: 'Sales', office: 'Bergen', company: 'Example AS' },
  })
  const soren = user('skg', 'Søren Kierkegård', {
    mail: 'skg@example.com',
    unit: 'ou=osloan,dc=example,dc=com',
    attributes: { department: 'Legal', office: 'København', company: 'Example A/S' },
  })
  const karin = user('karin', 'Karin Öberg')
  const group: MapEntry = {
    node: parseLogicalUrl('http://im.example.com/groups/kari'),
    kind: 'group',
    home: hq,
    displayName: 'Friends of Kari',
  }
  const everybody = [kari, ola, soren, karin, group]

  const query = (text: string, more: Partial<PeopleQuery> = {}): PeopleQuery => ({
    words: searchWords(text),
    criteria: {},
    limit: 100,
    ...more,
  })

  async function filled(): Promise<
    OpenPeople & { find(text: string, more?: Partial<PeopleQuery>): Promise<string[]> }
  > {
    const opened = await open()
    await opened.map.put(everybody)
    return {
      ...opened,
      async find(text, more) {
        return (await opened.people.search(query(text, more))).people.map(({ displayName }) => displayName)
      },
    }
  }

  describe('People contract: by words', () => {
    it.each([
      ['kari', ['Kari Nordmann', 'Karin Öberg']],
      ['Kari Nordmann', ['Kari Nordmann']],
      ['nordmann kari', ['Kari Nordmann']],
      ['nor', ['Nordmann, Ola', 'Kari Nordmann']],
      ['k n', ['Kari Nordmann']],
      ['n n', ['Nordmann, Ola', 'Kari Nordmann']],
      ['soren', ['Søren Kierkegård']],
      ['KIERKEGÅRD', ['Søren Kierkegård']],
      ['oberg', ['Karin Öberg']],
      ['skg', ['Søren Kierkegård']],
      ['kari.nordmann@example.com', ['Kari Nordmann']],
      ['kari.nordmann@ex', ['Kari Nordmann']],
      ['o.nordmann@example.org', ['Nordmann, Ola']],
      ['o.nordmann@example.com', []],
      ['example', []],
      ['ari', []],
      ['kari zzz', []],
    ])('finds by %j in the order of %j', async (text, names) => {
      const { find } = await filled()
      expect(await find(text)).toEqual(names)
    })

    it('finds everybody by nothing, and nobody in an empty map', async () => {
      const { people, find } = { ...(await open()), ...(await filled()) }
      expect((await find('')).sort()).toEqual(['Kari Nordmann', 'Karin Öberg', 'Nordmann, Ola', 'Søren Kierkegård'])
      expect(await people.search(query('zzz'))).toEqual({ people: [], more: false })
      expect(await (await open()).people.search(query('kari'))).toEqual({ people: [], more: false })
    })

    it('says what is known of who was found', async () => {
      const { people } = await filled()
      const { node, displayName, mail, unit, attributes } = kari
      expect(await people.search(query('kari nordmann'))).toEqual({
        people: [{ node, displayName, mail, unit, attributes }],
        more: false,
      })
      expect(await people.person(kari.node)).toEqual({ node, displayName, mail, unit, attributes })
      expect(await people.person(karin.node)).toEqual({
        node: karin.node,
        displayName: karin.displayName,
        mail: karin.mail,
        attributes: {},
      })
    })

    it('knows nobody who is not there, and takes no group for a person', async () => {
      const { people, find } = await filled()
      expect(await people.person(userUrl('im.example.com', 'nobody'))).toBeUndefined()
      expect(await people.person(group.node)).toBeUndefined()
      expect(await find('friends')).toEqual([])
    })

    it('gives as many as were asked for, and says that there are more', async () => {
      const { people } = await filled()
      const one = await people.search(query('nor', { limit: 1 }))
      expect(one.people.map(({ node }) => node)).toEqual([ola.node])
      expect(one.more).toBe(true)
      expect((await people.search(query('nor', { limit: 2 }))).more).toBe(false)
    })

    it.each(['*', '\0', 'kari\0nordmann', 'kari nordmann', '[a', '(', '\u{10ffff}', '%', '', ' '])(
      'takes the word %j for nothing else than the beginning of a word',
      async (word) => {
        const { people } = await filled()
        const { people: found } = await people.search({ words: [word], criteria: {}, limit: 100 })
        expect(found).toHaveLength(word === '' ? 4 : 0)
      },
    )
  })

  describe('People contract: by other criteria', () => {
    it.each([
      ['', { department: ['sales'] }, ['Kari Nordmann', 'Nordmann, Ola']],
      ['', { department: ['nord', 'sal'] }, ['Kari Nordmann']],
      ['', { department: ['sales'], office: ['o'] }, ['Kari Nordmann']],
      ['', { office: ['kobenhavn'] }, ['Søren Kierkegård']],
      ['nor', { office: ['b'] }, ['Nordmann, Ola']],
      ['kari', { department: ['legal'] }, []],
      ['', { department: ['zzz'] }, []],
      ['', { nothing: ['sales'] }, []],
      ['', { constructor: ['o'] }, []],
      ['', { givenName: ['ka'] }, ['Kari Nordmann']],
      ['kari', { department: [] }, ['Kari Nordmann', 'Karin Öberg']],
    ])('finds by %j and %j in the order of %j', async (text, criteria, names) => {
      const { find } = await filled()
      expect(await find(text, { criteria })).toEqual(names)
    })
  })

  describe('People contract: within', () => {
    it('finds only who is in a container, or below it', async () => {
      const { find } = await filled()
      const within = { unit: 'ou=oslo,dc=example,dc=com' }
      expect((await find('', { within })).sort()).toEqual(['Kari Nordmann', 'Nordmann, Ola'])
      expect(await find('kari', { within })).toEqual(['Kari Nordmann'])
      expect(await find('ol', { within: { unit: 'ou=sales,ou=oslo,dc=example,dc=com' } })).toEqual([])
      expect(await find('', { within: { unit: 'slo,dc=example,dc=com' } })).toEqual([])
      expect(await find('', { within: { unit: '' } })).toEqual([])
    })

    it('finds only who has the very same value of an attribute', async () => {
      const { find } = await filled()
      const within = { attribute: 'company', value: 'Example AS' }
      expect((await find('', { within })).sort()).toEqual(['Kari Nordmann', 'Nordmann, Ola'])
      expect(await find('nordmann', { within, criteria: { office: ['oslo'] } })).toEqual(['Kari Nordmann'])
      expect(await find('', { within: { attribute: 'company', value: 'example as' } })).toEqual([])
      expect(await find('', { within: { attribute: 'company', value: 'Example' } })).toEqual([])
      expect(await find('', { within: { attribute: 'toString', value: 'x' } })).toEqual([])
    })
  })

  describe('People contract: changes', () => {
    it('finds by what a user is called now', async () => {
      const { map, find } = await filled()
      await map.put([{ ...kari, displayName: 'Kari Hansen', mail: 'kari.hansen@example.com', attributes: {} }])
      expect(await find('hansen')).toEqual(['Kari Hansen'])
      expect(await find('kari.nordmann@')).toEqual([])
      expect(await find('', { criteria: { department: ['nordic'] } })).toEqual([])
      // The alias is the same.
      expect(await find('nordmann kari')).toEqual(['Kari Hansen'])
    })

    it('finds nobody who was removed', async () => {
      const { map, find } = await filled()
      await map.remove([kari.node, ola.node])
      expect(await find('nordmann')).toEqual([])
      expect(await find('', { criteria: { department: ['sales'] } })).toEqual([])
      await map.put([ola])
      expect(await find('nordmann')).toEqual(['Nordmann, Ola'])
    })

    it('finds no user who has become a group', async () => {
      const { map, find } = await filled()
      await map.put([{ ...kari, kind: 'group' }])
      expect(await find('kari')).toEqual(['Karin Öberg'])
    })

    it('finds some of very many, and says that there are more', async () => {
      const { people, map } = await open()
      const many = Array.from({ length: 3_000 }, (_, at) =>
        user(`k${at}`, `Kari Number${at}`, { attributes: { department: `Section ${at % 2}` } }),
      )
      await map.put(many)
      for (const each of [query('kari'), query(''), query('', { criteria: { department: ['section'] } })]) {
        const { people: found, more } = await people.search(each)
        expect(found).toHaveLength(100)
        expect(more).toBe(true)
      }
      const exact = await people.search(query('kari number1234'))
      expect(exact.people.map(({ displayName }) => displayName)).toEqual(['Kari Number1234'])
    })
  })
}
