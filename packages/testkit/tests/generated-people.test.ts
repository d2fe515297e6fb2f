import { describe, expect, it } from 'vitest'
import { generatedPeople, peopleLdif, personDn, startSlapd } from '../src/index.ts'

describe('peopleLdif', () => {
  it('gives a directory that slapd takes as it is, names and ids included', async () => {
    const people = [...generatedPeople({ count: 300 })]
    await using slapd = await startSlapd({ ldif: [...peopleLdif(people)].join('') })
    for (const person of [people[0], people.find(({ surname }) => /[^ -~]/.test(surname)), people.at(-1)]) {
      if (!person) throw new Error('there is nobody')
      const dn = personDn(person)
      expect(await slapd.read(dn, 'displayName')).toBe(person.displayName)
      expect(await slapd.read(dn, 'entryUUID')).toBe(person.id)
    }
  })
})
