import { parseHomeName } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { generatedPeople } from './generated-people.ts'
import { entryOfPerson } from './people-entries.ts'
import { peopleLdif, personDn } from './people-ldif.ts'
import { workplaces } from './workplaces.ts'

const some = [...generatedPeople({ count: 20_000 })]
const distinct = (values: Iterable<string>) => new Set(values).size

describe('generatedPeople', () => {
  it('gives the same people for the same seed, and others for another', () => {
    expect([...generatedPeople({ count: 50 })]).toEqual(some.slice(0, 50))
    const others = [...generatedPeople({ count: 50, seed: 2 })]
    expect(others.map(({ displayName }) => displayName)).not.toEqual(
      some.slice(0, 50).map(({ displayName }) => displayName),
    )
  })

  it('gives nobody what identifies somebody else', () => {
    for (const name of ['id', 'alias', 'account', 'mail', 'userPrincipalName'] as const)
      expect(distinct(some.map((person) => person[name])), name).toBe(some.length)
  })

  it('gives aliases that can stand in a URL as they are, and accounts that Windows takes', () => {
    expect(some.filter(({ alias }) => !/^[a-z][a-z.-]*[0-9]*$/.test(alias))).toEqual([])
    expect(some.filter(({ account }) => account.length > 20)).toEqual([])
  })

  it('spreads people as an organisation does: namesakes, all sites and departments, diacritics', () => {
    const names = distinct(some.map(({ displayName }) => displayName))
    expect(names).toBeGreaterThan(some.length / 3)
    expect(names).toBeLessThan(some.length)
    expect(distinct(some.map(({ site }) => site))).toBe(workplaces.length)
    expect(distinct(some.map(({ department }) => department))).toBe(15)
    const marked = some.filter(({ displayName }) => /[^ -~]/.test(displayName)).length
    expect(marked / some.length).toBeGreaterThan(0.2)
    const largest = some.filter(({ site }) => site === 'hq').length
    expect(largest / some.length).toBeGreaterThan(0.15)
    expect(largest / some.length).toBeLessThan(0.3)
  })
})

describe('peopleLdif', () => {
  it('gives the containers first, then people, an entry each', () => {
    const blocks = [...peopleLdif(some.slice(0, 50), { base: 'dc=example' })]
    const dns = blocks.map((block) => Buffer.from(/^dn:: (.*)$/m.exec(block)?.[1] ?? '', 'base64').toString())
    expect(dns).toEqual([
      ...workplaces.map(({ site }) => `ou=${site},dc=example`),
      ...some.slice(0, 50).map((person) => personDn(person, 'dc=example')),
    ])
  })
})

describe('entryOfPerson', () => {
  it('names a person in every way that somebody may sign in', () => {
    const person = some[0] as (typeof some)[number]
    const entry = entryOfPerson(person, { domain: 'im.example.com', home: parseHomeName('hq-1') })
    expect(entry.node).toBe(`http://im.example.com/instmsg/aliases/${person.alias}`)
    expect(entry.names).toEqual([person.mail, person.userPrincipalName, `example\\${person.account}`, person.account])
    expect(entry.names?.every((name) => name === name.toLowerCase())).toBe(true)
  })
})
