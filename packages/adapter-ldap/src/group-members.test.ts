import { describe, expect, it } from 'vitest'
import { GroupMembers } from './group-members.ts'
import type { LdapSearch } from './ldap-connection.ts'
import type { LdapEntry } from './ldap-entry.ts'
import { LdapResultError } from './ldap-fault.ts'
import { presets } from './presets.ts'

const groupDn = 'CN=Crowd,DC=example,DC=com'
const dnOf = (number: number) => `CN=user${number},DC=example,DC=com`
const idOf = (number: number) => `00000000-0000-0000-0000-${number.toString(16).padStart(12, '0')}`

/** A group as Active Directory tells it: a range of the members at a time. Samba tells all at once. */
function rangeOf(from: number, size: number, count: number): LdapEntry {
  const end = Math.min(from + size, count)
  const values = Array.from({ length: end - from }, (_, at) => Buffer.from(dnOf(from + at)))
  const name = `member;range=${from}-${end === count ? '*' : end - 1}`
  return {
    dn: groupDn,
    attributes: new Map([
      ['member', []],
      [name, values],
    ]),
  }
}

function directoryOf(count: number) {
  return {
    async find({ base, attributes: [attribute = ''] }: LdapSearch): Promise<LdapEntry[]> {
      const from = /^member;range=(\d+)-\*$/.exec(attribute)?.[1]
      if (from !== undefined) return [rangeOf(Number(from), 1500, count)]
      const number = /^CN=user(\d+),/.exec(base)?.[1]
      if (number === undefined) throw new LdapResultError(34, '', 'search')
      const id = Buffer.from(idOf(Number(number)).replaceAll('-', ''), 'hex')
      return [{ dn: base, attributes: new Map([['objectguid', [id]]]) }]
    },
  }
}

describe('GroupMembers', () => {
  it('asks for the members that Active Directory did not tell at once', async () => {
    const members = new GroupMembers(directoryOf(3_700), presets['active-directory'])
    const found = await members.of(rangeOf(0, 1500, 3_700))
    expect(found.isWhole).toBe(true)
    expect(found.members.length).toBe(3_700)
    expect(found.members.at(-1)).toBe(idOf(3_699))
  })

  it('takes 10,000 members at most, and says so', async () => {
    const members = new GroupMembers(directoryOf(12_000), presets['active-directory'])
    const found = await members.of(rangeOf(0, 1500, 12_000))
    expect(found.isWhole).toBe(false)
    expect(found.members.length).toBe(10_000)
  })

  it('goes on past names that lead nowhere', async () => {
    const members = new GroupMembers(directoryOf(1), presets['active-directory'])
    const member = [Buffer.from('nonsense'), Buffer.from(dnOf(7))]
    const found = await members.of({ dn: groupDn, attributes: new Map([['member', member]]) })
    expect(found).toEqual({ members: [idOf(7)], isWhole: true })
  })
})
