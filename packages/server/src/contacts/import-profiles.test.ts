import { NodeStoreMemory } from '@parley/domain'
import { type ContactList, userUrl } from '@parley/protocol'
import { describe, expect, it } from 'vitest'
import { mapProfile, parseDomainMap } from './domain-map.ts'
import { assignProfiles, chooseProfile, importList, joinProfiles } from './import-profiles.ts'
import { mergeContacts } from './merge-contacts.ts'
import { openStoredContactBook } from './stored-contact-book.ts'

const alice = userUrl('im.example.com', 'alice')
const bob = userUrl('im.example.com', 'bob')
const carol = userUrl('im.example.com', 'carol')
const oldAlice = userUrl('im.old.example', 'alice')
const oldBob = userUrl('im.old.example', 'bob')

const listOf = (...hrefs: string[]): ContactList => ({
  groups: [],
  contacts: hrefs.map((href) => ({ href, displayName: '', groups: [] })),
})

describe('mergeContacts', () => {
  const kept: ContactList = {
    groups: ['Work'],
    contacts: [
      { href: 'http://IM.example.com/instmsg/aliases/Bob', displayName: 'Bobby', groups: ['Work'] },
      { href: 'not a url', displayName: '', groups: [] },
    ],
  }

  it('keeps what is there, and adds contacts, groups and missing names', () => {
    const given: ContactList = {
      groups: ['Friends'],
      contacts: [
        { href: bob, displayName: 'Robert', groups: ['Friends'] },
        { href: carol, displayName: 'Carol', groups: [] },
      ],
    }
    expect(mergeContacts(kept, given)).toEqual({
      list: {
        groups: ['Work', 'Friends'],
        contacts: [
          { href: 'http://IM.example.com/instmsg/aliases/Bob', displayName: 'Bobby', groups: ['Work', 'Friends'] },
          { href: 'not a url', displayName: '', groups: [] },
          { href: carol, displayName: 'Carol', groups: [] },
        ],
      },
      added: 1,
      changed: 1,
      unchanged: 0,
    })
  })

  it('changes nothing the second time', () => {
    const once = mergeContacts(kept, listOf(bob, carol)).list
    expect(mergeContacts(once, listOf(bob, carol))).toEqual({ list: once, added: 0, changed: 0, unchanged: 2 })
  })
})

describe('chooseProfile', () => {
  const profiles = [oldAlice, oldBob].map((user) => ({ user, list: listOf(carol) }))

  it('takes what is asked for, else the user’s own, else the only one', () => {
    expect(chooseProfile(profiles, alice, 'Bob').user).toBe(oldBob)
    expect(chooseProfile(profiles, alice, 'bob@im.old.example').user).toBe(oldBob)
    expect(chooseProfile([...profiles, { user: alice, list: listOf() }], alice).user).toBe(alice)
    expect(chooseProfile(profiles.slice(1), alice).user).toBe(oldBob)
  })

  it('does not guess', () => {
    expect(() => chooseProfile(profiles, alice)).toThrow('alice@im.old.example, bob@im.old.example')
    expect(() => chooseProfile(profiles, alice, 'zed')).toThrow('is not there')
    expect(() => chooseProfile([], alice)).toThrow('no contacts')
    const twice = [...profiles, { user: alice, list: listOf() }]
    expect(() => chooseProfile(twice, alice, 'alice')).toThrow('not the only one')
  })
})

describe('assignProfiles', () => {
  it('goes by alias, joins what comes to one user, and tells of the rest', () => {
    const profiles = [
      { user: alice, list: listOf(bob) },
      { user: oldAlice, list: listOf(carol) },
      { user: oldBob, list: listOf(carol) },
    ]
    const { assignments, notes } = assignProfiles(profiles, [alice])
    expect(assignments).toEqual([{ user: alice, list: listOf(bob, carol) }])
    expect(notes).toEqual([
      expect.stringContaining('--map-domain im.old.example=im.example.com'),
      expect.stringContaining('bob@im.old.example is no user here; its 1 contacts'),
    ])
  })

  it('gets one profile a user from several files', () => {
    const profiles = [bob, carol].map((contact) => ({ user: alice, list: listOf(contact) }))
    expect(joinProfiles(profiles)).toEqual([{ user: alice, list: listOf(bob, carol) }])
  })
})

describe('domain maps', () => {
  it('move users and contacts, with and without a port', () => {
    const map = parseDomainMap(['IM.old.example=im.example.com'])
    const profile = { user: oldAlice, list: listOf(oldBob, bob, userUrl('im.old.example:8080', 'carol')) }
    expect(mapProfile(profile, map)).toEqual({ user: alice, list: listOf(bob, carol) })
  })

  it('are refused when they are none', () => {
    for (const text of ['a', 'a=b=c', '=b', 'a=', 'a/b=c']) expect(() => parseDomainMap([text])).toThrow('OLD=NEW')
  })
})

describe('importing into a store', () => {
  it('writes once, nothing when nothing is new, and nothing in a dry run', async () => {
    const store = new NodeStoreMemory()
    const assignment = { user: alice, list: listOf(bob) }
    const stored = async () => await (await openStoredContactBook(store, 1)).read(alice)
    const book = await openStoredContactBook(store, 1)
    expect(await importList(book, assignment, true)).toMatchObject({ added: 1 })
    expect(await stored()).toEqual(listOf())
    expect(await importList(book, assignment, false)).toMatchObject({ added: 1 })
    expect(await stored()).toEqual(listOf(bob))
    expect(await importList(book, assignment, false)).toMatchObject({ added: 0, unchanged: 1 })
  })

  it('refuses a list that would be too long, in words', async () => {
    const book = await openStoredContactBook(new NodeStoreMemory(), 1)
    const many = Array.from({ length: 1001 }, (_, index) => userUrl('im.example.com', `u${index}`))
    await expect(importList(book, { user: alice, list: listOf(...many) }, false)).rejects.toThrow('too long')
    expect(await book.read(alice)).toEqual(listOf())
  })
})
