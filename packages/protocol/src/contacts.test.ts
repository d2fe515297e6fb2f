import { describe, expect, it } from 'vitest'
import { type ContactList, parseContacts, writeContacts } from './contacts.ts'
import { propertyNames } from './property-name.ts'
import { parsePropertyUpdate, writePropertySet } from './property-update.ts'
import { BadRequestError } from './rvp-error.ts'

const contact = (index: number) => ({ href: `http://im/instmsg/aliases/u${index}`, displayName: '', groups: [] })
const list: ContactList = {
  groups: ['Friends & "foes"', 'Empty'],
  contacts: [
    { href: 'http://im.example.com/instmsg/aliases/steve', displayName: 'Steve <M>', groups: ['Friends & "foes"'] },
    contact(1),
  ],
}

describe('server-kept contact list, RVP §5.4', () => {
  it('is read back, also after a round trip through PROPPATCH', () => {
    const xml = writeContacts(list)
    expect(parseContacts(xml)).toEqual(list)
    expect(parsePropertyUpdate(writePropertySet(propertyNames.contacts, xml))).toEqual([
      { kind: 'set', name: propertyNames.contacts, xml },
    ])
    expect(parseContacts('')).toEqual({ groups: [], contacts: [] })
  })

  it('holds 1000 contacts, 250 groups and 2000 memberships', () => {
    const groups = Array.from({ length: 250 }, (_, index) => `g${index}`)
    const contacts = Array.from({ length: 1000 }, (_, index) => ({ ...contact(index), groups: ['g0', 'g249'] }))
    const full = { groups, contacts }
    expect(parseContacts(writeContacts(full))).toEqual(full)
    expect(parsePropertyUpdate(writePropertySet(propertyNames.contacts, writeContacts(full)))).toHaveLength(1)
    expect(() => writeContacts({ groups, contacts: [...contacts, contact(1000)] })).toThrow(BadRequestError)
    expect(() => writeContacts({ groups: [...groups, 'g250'], contacts })).toThrow(BadRequestError)
    expect(() =>
      writeContacts({ groups, contacts: contacts.map((one) => ({ ...one, groups: ['g0', 'g1', 'g2'] })) }),
    ).toThrow(BadRequestError)
  })

  it.each([
    ['something else', '<p:other></p:other>'],
    ['a contact without href', '<p:contact name="a"></p:contact>'],
    ['a group without a name', '<p:group></p:group>'],
    ['a group twice', '<p:group name="a"></p:group><p:group name="a"></p:group>'],
    ['a contact twice', '<p:contact href="http://a/b"></p:contact><p:contact href="http://a/b"></p:contact>'],
    ['an unknown group', '<p:contact href="http://a/b"><p:group name="x"></p:group></p:contact>'],
    ['too long a name', `<p:group name="${'a'.repeat(2049)}"></p:group>`],
    ['broken XML', '</p:contacts>'],
  ])('refuses a list with %s', (_, xml) => {
    expect(() => parseContacts(xml)).toThrow(BadRequestError)
  })
})
