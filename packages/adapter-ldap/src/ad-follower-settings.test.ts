import { systemClock } from '@parley/domain'
import { describe, expect, it } from 'vitest'
import { adFollowerSettings } from './ad-follower-settings.ts'
import { parseFilter } from './filter-text.ts'

const settings = { bases: ['DC=example,DC=com'], pageSize: 500, clock: systemClock }

describe('what is followed in Active Directory', () => {
  it('is what entries are made of, and what filters ask for', () => {
    const users = parseFilter(
      '(&(objectClass=user)(|(memberOf=CN=IM,DC=x)(memberof:1.2.840.113556.1.4.1941:=CN=All,DC=x)))',
    )
    expect(adFollowerSettings(settings, { users }, ['mail'])).toEqual({
      ...settings,
      watched: ['mail', 'objectClass', 'memberOf', 'memberof'],
      memberships: ['CN=IM,DC=x', 'CN=All,DC=x'],
      hasGroupNodes: false,
    })
  })

  it('is groups too when they become nodes', () => {
    const filters = { users: parseFilter('(mail=*)'), groups: parseFilter('(cn=IM-*)') }
    expect(adFollowerSettings(settings, filters, [])).toMatchObject({
      watched: ['mail', 'cn'],
      memberships: [],
      hasGroupNodes: true,
    })
  })
})
