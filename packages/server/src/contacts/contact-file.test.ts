import { userUrl } from '@parley/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contactFileFormats, readContactFile, writeContactFile } from './contact-file.ts'
import type { Profile } from './profile.ts'

const root = 'HKEY_CURRENT_USER\\Software\\Microsoft\\Exchange\\Messenger\\Profiles'
const bob = userUrl('im.example.com', 'bob')
const carol = userUrl('im.example.com', 'carol')
const alice = userUrl('im.example.com', 'alice')

const aliasNames = fc.constantFrom('alice', 'bob', 'carol', 'd.e', "o'neil", 'a-b_c')
const users = fc
  .tuple(fc.constantFrom('im.example.com', 'im.example.com:8080'), aliasNames)
  .map(([d, a]) => userUrl(d, a))

function profilesOf(text: fc.Arbitrary<string>): fc.Arbitrary<Profile[]> {
  const list = fc
    .uniqueArray(
      text.filter((name) => name !== ''),
      { maxLength: 4 },
    )
    .chain((groups) =>
      fc.record({
        groups: fc.constant(groups),
        contacts: fc.uniqueArray(fc.record({ href: users, displayName: text, groups: fc.subarray(groups) }), {
          selector: ({ href }) => href,
          maxLength: 6,
        }),
      }),
    )
  return fc.uniqueArray(fc.record({ user: users, list }), { selector: ({ user }) => user, maxLength: 4 })
}

const anyText = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/[^\P{Cc}\t\n\r]/u.test(text))
const awkward = fc.constantFrom(
  '',
  '"',
  '\\',
  "'",
  '=1+1',
  "'=x",
  '-',
  '@',
  ';',
  '[x]',
  'a,b',
  ' x ',
  '\r\n',
  'x\ny',
  '1',
)
const westernText = fc.oneof(awkward, fc.stringMatching(/^[ -~\u00a0-\u00ff€]{0,12}$/))

describe('contact files', () => {
  for (const format of contactFileFormats) {
    it(`are read as they were written: ${format}`, () => {
      const profiles = profilesOf(format === 'regedit4' ? westernText : fc.oneof(awkward, anyText))
      fc.assert(
        fc.property(profiles, (given) => {
          expect(readContactFile(writeContactFile(given, format))).toEqual({ profiles: given, ignored: [] })
        }),
      )
    })
  }

  it('are UTF-16LE with a byte order mark and CRLF in version 5', () => {
    const bytes = writeContactFile([{ user: alice, list: { groups: [], contacts: [] } }], 'reg')
    expect(bytes.subarray(0, 2)).toEqual(Buffer.from([0xff, 0xfe]))
    expect(bytes.toString('utf16le')).toMatch(
      /^\ufeffWindows Registry Editor Version 5.00\r\n\r\n\[.*alice\\Contacts\]\r\n/,
    )
  })

  it('are refused in a code page that lacks a character', () => {
    const list = { groups: [], contacts: [{ href: bob, displayName: 'Боб', groups: [] }] }
    expect(() => writeContactFile([{ user: alice, list }], 'regedit4')).toThrow('use --format reg')
    const cyrillic = writeContactFile([{ user: alice, list }], 'regedit4', 'windows-1251')
    expect(readContactFile(cyrillic, 'windows-1251').profiles[0]?.list).toEqual(list)
    expect(() => readContactFile(cyrillic, 'ebcdic')).toThrow('there is no encoding ebcdic')
  })

  it('guard cells that a spreadsheet would run', () => {
    const list = { groups: [], contacts: [{ href: bob, displayName: '=cmd|x', groups: [] }] }
    expect(writeContactFile([{ user: alice, list }], 'csv').toString()).toContain(",'=cmd|x,")
  })

  it('name the line of what cannot be read', () => {
    expect(() => readContactFile(Buffer.from('user,contact,displayName,group\r\na,b\r\n'))).toThrow('line 2: not 4')
    expect(() => readContactFile(Buffer.from('user,contact,displayName,group\n"a"b,c,d,e'))).toThrow('line 2: a quote')
    expect(() => readContactFile(Buffer.from('[{"user":1}]'))).toThrow('user')
    expect(() => readContactFile(Buffer.from('hello'))).toThrow('line 1: a .reg file begins')
  })
})

describe('contacts of Exchange IM in a .reg file', () => {
  const read = (text: string) => readContactFile(Buffer.from(`Windows Registry Editor Version 5.00\r\n\r\n${text}`))

  it('are the values of every profile, named by URL, in any spelling', () => {
    const found = read(
      `[${root}\\http://IM.example.com/instmsg/aliases/Alice\\Contacts]\r\n` +
        '"http://im.example.com:80/instmsg/aliases/Bob"="Bob"\r\n"carol@im.example.com"=dword:00000001\r\n' +
        `[${root.toUpperCase()}\\http://im.example.com/instmsg/aliases/bob\\CONTACTS]\r\n`,
    )
    const contacts = [
      { href: bob, displayName: 'Bob', groups: [] },
      { href: carol, displayName: '', groups: [] },
    ]
    expect(found.ignored).toEqual([])
    expect(found.profiles).toEqual([
      { user: alice, list: { groups: [], contacts } },
      { user: bob, list: { groups: [], contacts: [] } },
    ])
  })

  it('take display names from strings in bytes, and none from other data', () => {
    const hexText = Array.from(Buffer.from('Bób\0', 'utf16le'), (byte) => byte.toString(16).padStart(2, '0')).join(',')
    const { profiles } = read(`[${root}\\${alice}\\Contacts]\n"${bob}"=hex(1):${hexText}\n"${carol}"=hex:de,ad,be,ef\n`)
    expect(profiles[0]?.list.contacts.map(({ displayName }) => displayName)).toEqual(['Bób', ''])
  })

  it('may be in keys of their own, and in groups', () => {
    const contacts = `${root}\\${alice}\\Contacts`
    const { profiles } = read(
      `[${contacts}\\${bob}]\n"DisplayName"="Bob"\n[${contacts}\\Friends]\n"${carol}"=""\n` +
        `[${contacts}\\Groups\\1]\n@="Work"\n"${bob}"=""\n[${contacts}\\Groups\\Empty]\n[${contacts}\\Friends\\${bob}]\n`,
    )
    expect(profiles[0]?.list).toEqual({
      groups: ['Friends', 'Work', 'Empty'],
      contacts: [
        { href: bob, displayName: 'Bob', groups: ['Work', 'Friends'] },
        { href: carol, displayName: '', groups: ['Friends'] },
      ],
    })
  })

  it('follow what later parts of the file change and remove', () => {
    const contacts = `${root}\\${alice}\\Contacts`
    const { profiles } = read(
      `[${contacts}]\n"${bob}"="Bob"\n"${carol}"="Carol"\n[${contacts}\\Gone]\n"${bob}"=""\n` +
        `[-${contacts}\\Gone]\n[${contacts}]\n"${bob}"=-\n"${carol}"="C"\n[${root}\\${bob}\\Contacts]\n[-${root}\\${bob}]`,
    )
    expect(profiles).toEqual([
      { user: alice, list: { groups: [], contacts: [{ href: carol, displayName: 'C', groups: [] }] } },
    ])
  })

  it('leave other keys alone, and tell of values and profiles that name nobody', () => {
    const found = read(
      `[HKEY_CURRENT_USER\\Software]\n"x"="y"\n[${root}\\${alice}\\Settings]\n"x"="y"\n` +
        `[${root}\\${alice}\\Contacts]\n"Version"=dword:1\n[${root}\\nobody\\Contacts]\n`,
    )
    expect(found.profiles).toEqual([{ user: alice, list: { groups: [], contacts: [] } }])
    expect(found.ignored).toEqual([
      'line 9: "nobody" is not the URL of a user',
      'line 8: "Version" is not the URL of a contact',
    ])
  })

  it('may be in UTF-16 or UTF-8 with or without a mark', () => {
    const text = `Windows Registry Editor Version 5.00\n[${root}\\${alice}\\Contacts]\n"${bob}"="Bób"`
    const utf16 = Buffer.from(text, 'utf16le')
    const files = [
      Buffer.from(`\ufeff${text}`),
      Buffer.from(text),
      Buffer.from(text, 'latin1'),
      utf16,
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
    ]
    for (const file of files) {
      expect(readContactFile(file).profiles[0]?.list.contacts[0]?.displayName).toBe('Bób')
    }
  })
})
