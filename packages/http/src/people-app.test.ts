import { LocationsMemory, ManualClock, type MapEntry, type People, PeopleMemory, parseHomeName } from '@parley/domain'
import { type LogicalUrl, UnavailableError, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import type { AppCaller } from './edge-app.ts'
import type { HttpRequest } from './http-message.ts'
import { createPeopleApp } from './people-app.ts'
import type { PeoplePolicy } from './people-policy.ts'
import { foundSchema, personSchema } from './people-schemas.ts'
import { plainRequest } from './testing/plain-request.ts'

const domain = 'im.example.com'
const anna: MapEntry = {
  node: userUrl(domain, 'anna'),
  kind: 'user',
  home: parseHomeName('hq-1'),
  id: '1',
  displayName: 'Anna Lindström',
  mail: 'anna.lindstrom@example.com',
  unit: 'ou=sales,ou=oslo,dc=example,dc=com',
  attributes: { department: 'Sales', office: 'Oslo', company: 'Example', salary: '42' },
}
const liam: MapEntry = {
  ...anna,
  node: userUrl(domain, 'liam'),
  id: '2',
  displayName: 'Liam Annan',
  mail: 'liam@example.com',
  unit: 'ou=rio,dc=example,dc=com',
  attributes: { department: 'Research', office: 'Rio', company: 'Other' },
}
const boss: MapEntry = {
  ...anna,
  node: userUrl(domain, 'boss'),
  id: '3',
  displayName: 'Bo',
  mail: 'bo@example.com',
  unit: 'ou=oslo,dc=example,dc=com',
}
const guest: MapEntry = { kind: 'user', home: anna.home, node: userUrl(domain, 'guest'), displayName: 'Guest' }
const show = ['mail', 'department', 'office']

/** The app, over these people. */
async function open({
  policy = { show },
  perMinute = 60,
  people,
}: {
  policy?: PeoplePolicy
  perMinute?: number
  people?: People
} = {}) {
  const map = new LocationsMemory()
  await map.put([anna, liam, boss, guest])
  const clock = new ManualClock()
  const app = createPeopleApp({ people: people ?? new PeopleMemory(map), policy, perMinute, clock })

  async function get(path: string, as: LogicalUrl = anna.node) {
    const caller: AppCaller = { identity: { principal: as, scheme: 'digest' }, requestId: 'r-1' }
    const { status, headers, body = '' } = await app.handle(request(`/.parley/${path}`), caller)
    return { status, headers, json: JSON.parse(Buffer.from(body).toString()) }
  }

  return {
    app,
    clock,
    get,
    /** Aliases of who is found. */
    find: async (query: string, as?: LogicalUrl) => {
      const { people } = foundSchema.parse((await get(`people?${query}`, as)).json)
      return people.map(({ address }) => address.split('@')[0])
    },
  }
}

function request(target: string): HttpRequest {
  return plainRequest({ method: 'GET', target })
}

describe('the search for people', () => {
  it('finds people by the beginnings of words in any order, with what is released of them', async () => {
    const { get } = await open()
    const { status, headers, json } = await get('people?q=lind+ann')
    expect(status).toBe(200)
    expect(headers).toContainEqual(['Content-Type', 'application/json'])
    expect(foundSchema.parse(json)).toEqual({
      people: [
        {
          href: anna.node,
          address: 'anna@im.example.com',
          displayName: 'Anna Lindström',
          mail: 'anna.lindstrom@example.com',
          attributes: { department: 'Sales', office: 'Oslo' },
        },
      ],
      more: false,
    })
  })

  it('finds people by their mail address and by criteria', async () => {
    const { find } = await open()
    expect(await find('q=liam%40example.com')).toEqual(['liam'])
    expect(await find('q=ann&department=research')).toEqual(['liam'])
    expect(await find('office=rio')).toEqual(['liam'])
    expect(await find('q=nobody')).toEqual([])
  })

  it('shows no more than it is asked for, and says that there are more', async () => {
    const { get } = await open()
    expect((await get('people?q=ann&limit=1')).json).toMatchObject({ people: [{ href: anna.node }], more: true })
  })

  it('neither shows nor finds by what policy does not release', async () => {
    const { get } = await open({ policy: { show: ['office'] } })
    expect((await get('people?q=anna')).json.people[0]).toEqual({
      href: anna.node,
      address: 'anna@im.example.com',
      displayName: 'Anna Lindström',
      attributes: { office: 'Oslo' },
    })
    await expect(get('people?salary=4')).rejects.toMatchObject({
      status: 400,
      publicMessage: expect.stringContaining('salary'),
    })
  })

  it.each([
    ['people', 'say whom to find'],
    ['people?q=', 'say whom to find'],
    ['people?q=%20-%20', 'say whom to find'],
    ['people?q=a&q=b', 'q is given twice'],
    ['people?q=a&limit=0', 'limit: '],
    ['people?q=a&limit=101', 'limit: '],
    ['people?q=a&limit=many', 'limit: '],
    ['people?q=a&within=unit', 'within'],
    ['people?q=a&__proto__=b', '__proto__'],
    [`people?q=${'a'.repeat(257)}`, 'q: must be at most 256 characters'],
    ['people?q=a+b+c+d+e+f+g+h+i', 'q: give at most 8 words'],
    ['people/a%20b', 'path does not name a node'],
  ])('refuses %s with the reason, which does not go to the log', async (path, reason) => {
    const { get } = await open()
    await expect(get(path)).rejects.toMatchObject({
      status: 400,
      publicMessage: expect.stringContaining(reason),
      message: expect.not.stringMatching(/__proto__|twice/),
    })
  })

  it.each([
    ['people/liam', liam],
    ['people/LIAM@im.example.com', liam],
    ['people/liam%40im.example.com', liam],
  ])('tells with %s who somebody is', async (path, { node }) => {
    const { get } = await open()
    expect(personSchema.parse((await get(path)).json).href).toBe(node)
  })

  it.each(['people/nobody', 'people/liam@im.other.example', 'people/a%2Fb', 'people/', 'other'])(
    'knows nothing at %s',
    async (path) => {
      const { get } = await open()
      await expect(get(path)).rejects.toMatchObject({ status: 404 })
    },
  )

  it('lets a user search only so often in a minute, and others all the same', async () => {
    const { get, clock } = await open({ perMinute: 2 })
    await get('people?q=a')
    await get('people/liam')
    clock.elapse(20_000)
    await expect(get('people?q=a')).rejects.toMatchObject({ status: 429, headers: [['Retry-After', '40']] })
    expect((await get('people?q=a', liam.node)).status).toBe(200)
    clock.elapse(40_000)
    expect((await get('people?q=a')).status).toBe(200)
  })

  it('says that it cannot when the map is away', async () => {
    const away = async () => {
      throw new UnavailableError('the directory map is away')
    }
    const { get } = await open({ people: { search: away, person: away } })
    await expect(get('people?q=a')).rejects.toMatchObject({ status: 503 })
  })

  it('gives up when the map takes too long', async () => {
    const { promise: forever } = Promise.withResolvers<never>()
    const { get, clock } = await open({ people: { search: () => forever, person: () => forever } })
    const asked = get('people?q=a')
    clock.elapse(10_000)
    await expect(asked).rejects.toMatchObject({ status: 503, publicMessage: 'the answer took too long' })
  })
})

describe('a search within limits', () => {
  it.each([
    ['unit', anna, ['anna']],
    ['unit', boss, ['anna', 'boss']],
    ['company', anna, ['anna', 'boss']],
    ['company', liam, ['liam']],
    ['company', guest, []],
    ['unit', guest, []],
  ])('shows people of the same %s only', async (within, { node }, expected) => {
    const { find, get } = await open({ policy: { show, within } })
    for (const { node: other, mail = '' } of [anna, liam, boss]) {
      const alias = other.split('/').at(-1) ?? ''
      const isFound = expected.includes(alias)
      expect(await find(`q=${encodeURIComponent(mail)}`, node)).toEqual(isFound ? [alias] : [])
      const shown = get(`people/${alias}`, node)
      if (isFound) expect((await shown).status).toBe(200)
      else await expect(shown).rejects.toMatchObject({ status: 404 })
    }
  })
})

describe('the description of the search', () => {
  it('is OpenAPI 3.1 whose parameters are those that are taken', async () => {
    const { get } = await open()
    const { json } = await get('openapi.json')
    expect(json.openapi).toMatch(/^3\.1\./)
    const { parameters, responses } = json.paths['/.parley/people'].get
    expect(parameters.map(({ name }: { name: string }) => name)).toEqual(['q', 'limit', 'department', 'office'])
    expect(parameters[1].schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 100, default: 20 })
    expect(Object.keys(responses)).toEqual(['200', '400', '401', '403', '429', '503'])
    const references = [...JSON.stringify(json).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    )
    expect(new Set(references)).toEqual(new Set(Object.keys(json.components.schemas)))
  })
})
