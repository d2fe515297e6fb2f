import { CookieUselessError, systemClock } from '@parley/domain'
import { startSlapd } from '@parley/testkit'
import { describe, expect, it } from 'vitest'
import { LdapSource, type LdapSourceOptions } from '../src/index.ts'
import { aliases, collect, optionsFor } from './open-ldap.ts'

const group = 'cn=im,ou=groups,dc=example,dc=com'
const dnOf = (account: string) => `uid=${account},ou=people,dc=example,dc=com`

describe('a filter that asks who is in a group of OpenLDAP', () => {
  it.each<LdapSourceOptions['changes'] & string>(['syncrepl', 'timestamps'])(
    'hears of who joins and leaves, by reading everything again: %s',
    async (changes) => {
      await using slapd = await startSlapd({ users: [{ account: 'alice' }, { account: 'bob' }] })
      await slapd.add(group, { objectClass: 'groupOfNames', cn: 'im', member: dnOf('alice') })
      await using source = new LdapSource(optionsFor(slapd, { changes, filter: `(memberOf=${group})` }), systemClock)
      const before = await collect(source.read())
      expect(aliases(before)).toEqual(['alice'])

      await slapd.set(dnOf('alice'), 'displayName', 'Alice Archer')
      const changed = await collect(source.changes(before.end.cookie ?? ''))
      expect(aliases(changed)).toEqual(['alice'])

      await slapd.set(group, 'member', dnOf('bob'))
      await expect(collect(source.changes(changed.end.cookie ?? ''))).rejects.toThrow(CookieUselessError)
      const after = await collect(source.read())
      expect(aliases(after)).toEqual(['bob'])
      expect(aliases(await collect(source.changes(after.end.cookie ?? '')))).toEqual([])
    },
  )
})
