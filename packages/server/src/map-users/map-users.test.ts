import {
  HomeLeasesMemory,
  LocationsMemory,
  ManualClock,
  type MapEntry,
  parseHomeName,
  SyncStoreMemory,
} from '@parley/domain'
import { logicalUrlOf, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { homesOfSite, usersInMap } from './map-user.ts'
import { shownUser } from './shown-user.ts'
import { switchUserOff, switchUserOn } from './switch-users.ts'

const domain = 'im.example.com'
const anna: MapEntry = {
  node: userUrl(domain, 'anna'),
  kind: 'user',
  home: parseHomeName('hq-1'),
  id: 'id-anna',
  displayName: 'Anna',
  mail: 'anna.lind@example.com',
  names: ['anna.lind@example.com', 'corp\\alind'],
  unit: 'ou=sales,ou=oslo,dc=example,dc=com',
  attributes: { department: 'Sales' },
}
const bob: MapEntry = {
  ...anna,
  node: userUrl(domain, 'bob'),
  home: parseHomeName('rio-1'),
  id: 'id-bob',
  displayName: 'Bob',
  names: [],
  unit: 'ou=rio,dc=example,dc=com',
}
const old: MapEntry = { node: userUrl(domain, 'old'), kind: 'user', home: bob.home, displayName: 'Old' }
const group: MapEntry = { node: logicalUrlOf(domain, '/groups/all'), kind: 'group', home: bob.home, displayName: 'All' }

async function open() {
  const clock = new ManualClock()
  const map = new LocationsMemory()
  const leases = new HomeLeasesMemory(clock)
  await map.put([anna, bob, old, group])
  const sync = new SyncStoreMemory(clock, map)
  const parts = { map, sync, leases }
  return {
    ...parts,
    parts,
    list: async (filter: Parameters<typeof usersInMap>[1]) =>
      (await Array.fromAsync(usersInMap(map, filter))).map(({ displayName }) => displayName),
  }
}

describe('the users of a map', () => {
  it('are listed without groups, by home and container', async () => {
    const { list } = await open()
    expect(await list({})).toEqual(['Anna', 'Bob', 'Old'])
    expect(await list({ homes: new Set(['rio-1']) })).toEqual(['Bob', 'Old'])
    expect(await list({ unit: 'OU=Oslo,DC=example,DC=com' })).toEqual(['Anna'])
    expect(await list({ unit: 'dc=example,dc=com', homes: new Set(['rio-1']) })).toEqual(['Bob'])
    expect(await list({ unit: 'ou=slo,dc=example,dc=com' })).toEqual([])
  })

  it('are found at the homes of a site that the configuration names', () => {
    const sites = { oslo: { homes: ['hq-1', 'hq-2'] } }
    expect(homesOfSite('oslo', sites)).toEqual(['hq-1', 'hq-2'])
    expect(() => homesOfSite('paris', sites)).toThrow('there is no site paris: "sync.assignment.sites" names oslo')
  })

  it.each([
    'anna',
    'Anna@im.example.com',
    'http://im.example.com/instmsg/aliases/anna',
    'anna.lind@example.com',
    'CORP\\alind',
  ])('are shown whole by any of their names, such as %s', async (name) => {
    const { parts, leases } = await open()
    await leases.take(anna.home, { id: 'a', clusterUrl: 'http://10.0.0.1:8180' }, 60_000)
    expect(await shownUser(parts, name, domain)).toEqual({
      address: 'anna@im.example.com',
      href: anna.node,
      displayName: 'Anna',
      mail: 'anna.lind@example.com',
      home: 'hq-1',
      unit: anna.unit,
      attributes: { department: 'Sales' },
      state: 'enabled',
      holder: 'http://10.0.0.1:8180',
      entry: 'id-anna',
      names: anna.names,
    })
  })

  it.each(['nobody', 'all', 'a b', 'nobody@im.other.example'])('do not include %s', async (name) => {
    const { parts } = await open()
    await expect(shownUser(parts, name, domain)).rejects.toThrow(`${name} is no user here`)
  })
})

describe('a user who is switched off', () => {
  it('leaves the map at once, and is remembered with the home, for a sync run that comes or is under way', async () => {
    const { parts, map, sync } = await open()
    expect(await switchUserOff(parts, 'anna.lind@example.com', domain)).toBe('now')
    expect(map.locate(anna.node)).toBeUndefined()
    expect(await sync.switchedOff()).toEqual(new Map([['id-anna', anna.node]]))
    expect((await sync.former(['id-anna'])).get('id-anna')).toEqual({ id: 'id-anna', node: anna.node, home: 'hq-1' })
    const { home: _, ...entry } = { ...anna, origin: anna.node }
    expect(await sync.waiting()).toMatchObject([{ entry, problem: { id: 'id-anna' } }])
    expect(await shownUser(parts, 'anna', domain)).toMatchObject({ state: 'disabled', entry: 'id-anna' })
  })

  it('is switched off and on once, by the address that the user had', async () => {
    const { parts, sync, map } = await open()
    await switchUserOff(parts, 'anna', domain)
    expect(await switchUserOff(parts, 'anna', domain)).toBe('already')
    expect(await switchUserOn(parts, 'anna@im.example.com', domain)).toBe('now')
    expect(await sync.switchedOff()).toEqual(new Map())
    await map.put([anna])
    expect(await switchUserOn(parts, 'anna', domain)).toBe('already')
  })

  it('is switched on by the name of the entry when somebody else has the address now', async () => {
    const { parts, sync, map } = await open()
    await switchUserOff(parts, 'anna', domain)
    await map.put([{ ...anna, id: 'id-other' }])
    expect(await switchUserOn(parts, 'ID-Anna', domain)).toBe('now')
    expect(await sync.switchedOff()).toEqual(new Map())
  })

  it('must be a user whose entry in the directory is known', async () => {
    const { parts, map } = await open()
    await expect(switchUserOff(parts, 'old', domain)).rejects.toThrow('run "parley sync" first')
    await expect(switchUserOff(parts, group.node, domain)).rejects.toThrow('is no user of the directory map')
    await expect(switchUserOn(parts, 'nobody', domain)).rejects.toThrow('is no user of the directory map')
    expect(map.locate(old.node)).toBeDefined()
  })
})
