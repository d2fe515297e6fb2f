import { ManualClock, systemClock } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { type RunningSambaAd, type SambaAdministrator, startSambaAd } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LdapSource, type LdapSourceOptions } from '../src/index.ts'
import { collect } from './open-ldap.ts'
import { optionsForAd, reader } from './samba-ad.ts'

const password = 'Users-Pw-1'

describe('users of an Active Directory', () => {
  let ad: RunningSambaAd
  let admin: SambaAdministrator
  beforeAll(async () => {
    ad = await startSambaAd()
    admin = ad.administrator
    await admin.createUser(reader)
    await admin.letReadDeleted(reader.account)
    await admin.delete(await admin.createUser({ account: 'long-gone' }))
  })
  afterAll(() => ad[Symbol.asyncDispose]())

  /** Reads everything; `changes` gives what has changed since it was last called. */
  const follow = async (options: Partial<LdapSourceOptions>, clock = systemClock) => {
    const source = new LdapSource(optionsForAd(ad, options), clock)
    const all = await collect(source.read())
    let cookie = all.end.cookie ?? ''
    const changes = async () => {
      const changed = await collect(source.changes(cookie))
      cookie = changed.end.cookie ?? ''
      return { aliases: changed.entries.map(({ node }) => node.slice(node.lastIndexOf('/') + 1)), ...changed }
    }
    return { all, changes, [Symbol.asyncDispose]: () => source[Symbol.asyncDispose]() }
  }

  it('have all names that they may sign in as, their place, and what they are searched by', async () => {
    const unit = await admin.createUnit('OU=Names')
    const dn = await admin.createUser({
      account: 'Anne.Berg',
      unit: 'OU=Names',
      commonName: 'Berg\\, Anne',
      attributes: {
        displayName: 'Anne Berg',
        userPrincipalName: 'anne@corp.example.com',
        mail: 'Anne.Berg@example.com',
        proxyAddresses: ['SMTP:Anne.Berg@example.com', 'smtp:anneb@example.com', 'x500:/o=Example/cn=anne'],
        department: 'Økonomi',
      },
    })
    await using following = await follow({ base: unit, search: { department: 'department' } })
    expect(following.all.entries).toEqual([
      {
        kind: 'user',
        id: await admin.idOf(dn),
        node: 'http://im.example.com/instmsg/aliases/anne.berg',
        displayName: 'Anne Berg',
        mail: 'Anne.Berg@example.com',
        names: [
          'anne@corp.example.com',
          'anne.berg@example.com',
          'anneb@example.com',
          'anne.berg',
          'example\\anne.berg',
        ],
        attributes: { department: 'Økonomi' },
        unit: 'ou=names,dc=ad,dc=example,dc=test',
        origin: dn,
      },
    ])
    expect(following.all.problems).toEqual([])
  })

  describe.each(['dirsync', 'usn'] as const)('followed by %s', (changes) => {
    it('are gone once they move out of the base, and back when they return, under the same id', async () => {
      const base = await admin.createUnit(`OU=In-${changes}`)
      const elsewhere = await admin.createUnit(`OU=Out-${changes}`)
      const unit = await admin.createUnit(`OU=Unit,OU=In-${changes}`)
      const account = `mover-${changes}`
      const dn = await admin.createUser({ account, unit: `OU=In-${changes}` })
      const id = await admin.idOf(dn)
      await using following = await follow({ base, changes })
      const moved = await admin.move(dn, elsewhere)
      expect(await following.changes()).toMatchObject({ aliases: [], gone: [id] })
      await admin.move(moved, unit)
      expect(await following.changes()).toMatchObject({ entries: [{ id, unit: unit.toLowerCase() }], gone: [] })
      await admin.move(unit, elsewhere)
      expect((await following.changes()).gone).toContain(id)
    })

    it('are not taken for gone when the base is', async () => {
      const base = await admin.createUnit(`OU=Base-${changes}`)
      await admin.createUser({ account: `based-${changes}`, unit: `OU=Base-${changes}` })
      await using following = await follow({ base, changes })
      await admin.rename(base, `OU=Renamed-${changes}`)
      await expect(following.changes()).rejects.toThrow(/there is no such entry: check "base"/)
    })

    it('are told of with another account, and with another common name, under the same id', async () => {
      const base = await admin.createUnit(`OU=Renames-${changes}`)
      const account = `renamed-${changes}`
      const dn = await admin.createUser({ account, unit: `OU=Renames-${changes}` })
      const id = await admin.idOf(dn)
      await using following = await follow({ base, changes })
      await admin.replace(dn, { sAMAccountName: `${account}-2` })
      expect(await following.changes()).toMatchObject({ aliases: [`${account}-2`], entries: [{ id }], gone: [] })
      const renamed = await admin.rename(dn, 'CN=Jones')
      expect(await following.changes()).toMatchObject({ entries: [{ id, displayName: 'Jones', origin: renamed }] })
    })

    it('are gone once they are deleted, and back once they are restored', async () => {
      const base = await admin.createUnit(`OU=Deleted-${changes}`)
      const account = `deleted-${changes}`
      const dn = await admin.createUser({ account, password, unit: `OU=Deleted-${changes}` })
      const id = await admin.idOf(dn)
      await using following = await follow({ base, changes })
      await admin.delete(dn)
      expect(await following.changes()).toMatchObject({ aliases: [], gone: [id] })
      await admin.restore(id, dn)
      await admin.enable(dn)
      expect(await following.changes()).toMatchObject({ aliases: [account], entries: [{ id }], gone: [] })
    })

    it('stay as they are when their password is changed', async () => {
      const base = await admin.createUnit(`OU=Passwords-${changes}`)
      const dn = await admin.createUser({ account: `changer-${changes}`, password, unit: `OU=Passwords-${changes}` })
      await using following = await follow({ base, changes })
      await admin.setPassword(dn, 'Another-Pw-1')
      const { entries, gone } = await following.changes()
      expect(gone).toEqual([])
      for (const entry of entries) expect([entry]).toEqual(following.all.entries)
    })

    it('become group nodes, with the members of groups within, wherever these are', async () => {
      const base = await admin.createUnit(`OU=Groups-${changes}`)
      const unit = `OU=Groups-${changes}`
      const dns = await admin.createUsers({ account: `g1-${changes}`, unit }, { account: `g2-${changes}`, unit })
      const [first = '', second = ''] = dns
      const [firstId, secondId] = [await admin.idOf(first), await admin.idOf(second)]
      const inner = await admin.createGroup(`Inner-${changes}`, [first])
      const groupBase = await admin.createUnit(`OU=IM groups-${changes}`)
      await admin.move(await admin.createGroup(`IM-${changes}`, [inner]), groupBase)
      const groups = { base: groupBase, filter: '(cn=IM-*)', path: '/groups/' }
      await using following = await follow({ base, changes, groups })
      expect(following.all.entries.at(-1)).toMatchObject({ kind: 'group', members: [firstId] })
      await admin.addMember(inner, second)
      const added = await following.changes()
      const members = added.entries.flatMap((entry) => (entry.kind === 'group' ? [entry.members.toSorted()] : []))
      expect(members).toEqual([[firstId, secondId].toSorted()])
      await admin.removeMember(inner, first)
      const removed = await following.changes()
      expect(removed.entries.find(({ kind }) => kind === 'group')).toMatchObject({ members: [secondId] })
    })

    it('are off once their account has expired, though the directory says nothing of it', async () => {
      const clock = new ManualClock(Date.UTC(2040, 0, 1))
      const base = await admin.createUnit(`OU=Expiring-${changes}`)
      const ends = Date.UTC(2040, 0, 2)
      const dn = await admin.createUser({
        account: `expiring-${changes}`,
        unit: `OU=Expiring-${changes}`,
        attributes: { accountExpires: String((BigInt(ends) + 11_644_473_600_000n) * 10_000n) },
      })
      await using following = await follow({ base, changes }, clock)
      expect(following.all.entries.length).toBe(1)
      clock.elapse(86_400_000 + 60_000)
      expect((await following.changes()).gone).toEqual([await admin.idOf(dn)])
    })
  })

  it('may use IM while they are in the group of the filter, or in one within it', async () => {
    const base = await admin.createUnit('OU=Members')
    const [dn = '', other = ''] = await admin.createUsers(
      { account: 'joiner', unit: 'OU=Members' },
      { account: 'insider', unit: 'OU=Members' },
    )
    const inner = await admin.createGroup('IM inner', [other])
    const group = await admin.createGroup('IM users')
    const filter = `(memberOf:1.2.840.113556.1.4.1941:=${group})`
    await using following = await follow({ base, filter })
    expect(following.all.entries).toEqual([])
    await admin.addMember(group, dn)
    expect((await following.changes()).aliases).toEqual(['joiner'])
    await admin.addMember(group, inner)
    expect((await following.changes()).aliases).toContain('insider')
    await admin.removeMember(group, dn)
    expect((await following.changes()).gone).toContain(await admin.idOf(dn))
    await admin.removeMember(group, inner)
    expect((await following.changes()).gone).toContain(await admin.idOf(other))
  })

  it('are told of again once the directory is back', async () => {
    const base = await admin.createUnit('OU=Back')
    const dn = await admin.createUser({ account: 'returner', unit: 'OU=Back' })
    await using following = await follow({ base })
    await ad.kill()
    await expect(following.changes()).rejects.toThrow(UnavailableError)
    await ad.restart()
    await admin.disable(dn)
    expect((await following.changes()).gone).toEqual([await admin.idOf(dn)])
  })

  it('are read the same over StartTLS', async () => {
    const base = await admin.createUnit('OU=StartTLS')
    await admin.createUser({ account: 'starter', unit: 'OU=StartTLS' })
    await using following = await follow({ base, servers: [ad.ldapUrl] })
    expect(following.all.entries.length).toBe(1)
  })
})
