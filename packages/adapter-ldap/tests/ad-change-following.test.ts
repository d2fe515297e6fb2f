import { readFileSync } from 'node:fs'
import { CookieUselessError, systemClock } from '@parley/domain'
import { type RunningSambaAd, type SambaAdministrator, startSambaAd } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAdFollower } from '../src/ad-follower.ts'
import type { AdFollowerSettings } from '../src/ad-follower-settings.ts'
import type { ChangeFollower } from '../src/change-follower.ts'
import type { LdapConnection } from '../src/ldap-connection.ts'
import { LdapServers } from '../src/ldap-servers.ts'

const password = 'Reader-Pw-1'

interface Way {
  readonly mode: 'dirsync' | 'usn'
  readonly account: string
}

const ways = [
  { name: 'DirSync, with the right to all changes', mode: 'dirsync', account: 'trusted' },
  { name: 'DirSync, with the rights of any account', mode: 'dirsync', account: 'reader' },
  { name: 'uSNChanged', mode: 'usn', account: 'reader' },
] as const

describe('changes of an Active Directory', () => {
  let ad: RunningSambaAd
  let admin: SambaAdministrator
  let oslo: string
  let bergen: string
  beforeAll(async () => {
    ad = await startSambaAd()
    admin = ad.administrator
    oslo = await admin.createUnit('OU=Oslo')
    bergen = await admin.createUnit('OU=Bergen')
    await admin.createUsers(...['trusted', 'reader', 'stranger'].map((account) => ({ account, password })))
    await admin.letReplicate('trusted')
    for (const account of ['trusted', 'reader']) await admin.letReadDeleted(account)
    await admin.delete(await admin.createUser({ account: 'long-gone', password }))
  })
  afterAll(() => ad[Symbol.asyncDispose]())

  const connect = async (account: string): Promise<LdapConnection> => {
    const bind = { dn: `${account}@ad.example.test`, password }
    const tls = { ca: readFileSync(ad.caFile, 'utf8') }
    return await new LdapServers({ servers: [ad.ldapsUrl], tls, bind }, systemClock).connect()
  }

  const settings = (some: Partial<AdFollowerSettings> = {}): AdFollowerSettings => ({
    bases: [oslo],
    pageSize: 2,
    clock: systemClock,
    watched: ['mail', 'userAccountControl', 'sAMAccountName'],
    memberships: [],
    hasGroupNodes: false,
    ...some,
  })

  const follow = async (way: Way, some?: Partial<AdFollowerSettings>) => {
    const connection = await connect(way.account)
    const following = new Following(await openAdFollower(way.mode, settings(some), connection), connection)
    await following.start()
    return following
  }

  describe.each(ways)('by $name', (way) => {
    it('are none when nothing happens', async () => {
      await using following = await follow(way)
      expect(await following.changed()).toEqual(new Set())
      expect(following.missesDeletions).toBe(false)
    })

    it('are told once: who came, changed, was disabled and enabled, and by which id', async () => {
      await using following = await follow(way)
      const dn = await admin.createUser({ account: `came-${way.mode}-${way.account}`, password, unit: 'OU=Oslo' })
      const id = await admin.idOf(dn)
      expect(await following.changed()).toEqual(new Set([id]))
      expect(await following.changed()).toEqual(new Set())
      await admin.replace(dn, { mail: 'came@example.test' })
      expect(await following.changed()).toContain(id)
      await admin.disable(dn)
      expect(await following.changed()).toContain(id)
      await admin.enable(dn)
      expect(await following.changed()).toContain(id)
    })

    it('are told of who gets another account, another name or another place, also outside of the base', async () => {
      await using following = await follow(way)
      const account = `moving-${way.mode}-${way.account}`
      const dn = await admin.createUser({ account, password, unit: 'OU=Oslo' })
      const id = await admin.idOf(dn)
      await following.changed()
      await admin.replace(dn, { sAMAccountName: `${account}-2` })
      expect(await following.changed()).toContain(id)
      const renamed = await admin.rename(dn, `CN=${account}-3`)
      expect(await following.changed()).toContain(id)
      const moved = await admin.move(renamed, bergen)
      expect(await following.changed()).toContain(id)
      await admin.move(moved, oslo)
      expect(await following.changed()).toContain(id)
    })

    it('are told of all who are in a unit that moves', async () => {
      const unit = await admin.createUnit(`OU=Unit-${way.mode}-${way.account},OU=Oslo`)
      const users = ['a', 'b', 'c'].map((letter) => ({
        account: `${letter}-${way.mode}-${way.account}`,
        password,
        unit: `OU=Unit-${way.mode}-${way.account},OU=Oslo`,
      }))
      const ids = await Promise.all((await admin.createUsers(...users)).map((dn) => admin.idOf(dn)))
      await using following = await follow(way)
      await admin.move(unit, bergen)
      expect([...(await following.changed())]).toEqual(expect.arrayContaining(ids))
    })

    it('are told of who was deleted, and of who was restored', async () => {
      await using following = await follow(way)
      const dn = await admin.createUser({ account: `gone-${way.mode}-${way.account}`, password, unit: 'OU=Oslo' })
      const id = await admin.idOf(dn)
      await following.changed()
      await admin.delete(dn)
      expect(await following.changed()).toContain(id)
      await admin.restore(id, dn)
      expect(await following.changed()).toContain(id)
    })

    it('go on from where they were, over another connection', async () => {
      await using before = await follow(way)
      const dn = await admin.createUser({ account: `later-${way.mode}-${way.account}`, password })
      await using after = await follow(way)
      after.position = before.position
      expect(await after.changed()).toEqual(new Set([await admin.idOf(dn)]))
    })

    it('are told of a group whose members changed', async () => {
      const group = await admin.createGroup(`members-${way.mode}-${way.account}`)
      const user = await admin.createUser({ account: `member-${way.mode}-${way.account}`, password })
      await using following = await follow(way, { hasGroupNodes: true })
      await admin.addMember(group, user)
      expect(await following.changed()).toContain(await admin.idOf(group))
      await admin.removeMember(group, user)
      expect(await following.changed()).toContain(await admin.idOf(group))
    })

    it('cannot be told when a group was deleted, as it may have been in one that matters', async () => {
      const group = await admin.createGroup(`doomed-${way.mode}-${way.account}`)
      await using following = await follow(way, { hasGroupNodes: true })
      await admin.delete(group)
      await expect(following.changed()).rejects.toThrow(/a group was deleted/)
    })

    it('cannot be told after a position that is none', async () => {
      await using following = await follow(way)
      for (const position of ['', 'usn', 'dirsync all deleted bm9uc2Vuc2U=', 'usn x 1 deleted']) {
        following.position = position
        await expect(following.changed()).rejects.toThrow(CookieUselessError)
      }
    })
  })

  describe.each(ways.filter(({ mode }) => mode === 'dirsync'))('by $name', (way) => {
    it('are none when a password is set, or an attribute that nobody reads', async () => {
      const dn = await admin.createUser({ account: `quiet-${way.account}`, password, unit: 'OU=Oslo' })
      await using following = await follow(way)
      await admin.setPassword(dn, 'Another-Pw-1')
      await admin.replace(dn, { description: 'reads a lot' })
      expect(await following.changed()).toEqual(new Set())
    })

    it('are told of who joins and who leaves a group, also with a group', async () => {
      const group = await admin.createGroup(`im-${way.account}`)
      const joining = await admin.createUser({ account: `joining-${way.account}`, password })
      const nested = await admin.createUser({ account: `nested-${way.account}`, password })
      const inner = await admin.createGroup(`im-inner-${way.account}`, [nested])
      await using following = await follow(way, { memberships: [group] })
      await admin.addMember(group, joining)
      expect(await following.changed()).toContain(await admin.idOf(joining))
      await admin.removeMember(group, joining)
      expect(await following.changed()).toContain(await admin.idOf(joining))
      await admin.addMember(group, inner)
      expect(await following.changed()).toContain(await admin.idOf(nested))
      await admin.removeMember(group, inner)
      expect(await following.changed()).toContain(await admin.idOf(nested))
    })
  })

  describe('by uSNChanged', () => {
    const way = ways[2]

    it('cannot be told when the members of a group changed that the filter names, or of one within it', async () => {
      const user = await admin.createUser({ account: 'leaving', password })
      const inner = await admin.createGroup('im-usn-inner', [user])
      const group = await admin.createGroup('im-usn', [inner])
      await using following = await follow(way, { memberships: [group] })
      await admin.removeMember(inner, user)
      await expect(following.changed()).rejects.toThrow(/the members of CN=im-usn,.* changed/)
      await following.start()
      await admin.addMember(await admin.createGroup('other-usn'), user)
      expect(await following.changed()).not.toContain(await admin.idOf(user))
    })

    it('cannot be told by another domain controller, nor by one that was put back', async () => {
      await using following = await follow(way)
      const [, id = '', usn = ''] = following.position.split(' ')
      following.position = `usn ${id.replaceAll(/[0-9]/g, 'f')} ${usn} deleted`
      await expect(following.changed()).rejects.toThrow(/another domain controller/)
      following.position = `usn ${id} ${Number(usn) + 1_000_000} deleted`
      await expect(following.changed()).rejects.toThrow(/older state/)
    })
  })

  it('are said to miss deletions for an account that may not see what was deleted', async () => {
    for (const mode of ['dirsync', 'usn'] as const) {
      await using following = await follow({ mode, account: 'stranger' })
      expect(following.missesDeletions).toBe(true)
    }
  })

  it('are asked for by DirSync when nothing is configured', async () => {
    await using connection = await connect('reader')
    const follower = await openAdFollower('auto', settings(), connection)
    expect((await follower.start(connection)).position).toMatch(/^dirsync own /)
  })
})

/** A follower and its place. */
class Following implements AsyncDisposable {
  position = ''
  missesDeletions = true
  readonly #follower: ChangeFollower
  readonly #connection: LdapConnection

  constructor(follower: ChangeFollower, connection: LdapConnection) {
    this.#follower = follower
    this.#connection = connection
  }

  async start(): Promise<void> {
    Object.assign(this, await this.#follower.start(this.#connection))
  }

  /** Ids of what changed since the last time. */
  async changed(): Promise<Set<string>> {
    const ids = new Set<string>()
    const changes = this.#follower.changes(this.position, this.#connection)
    let next = await changes.next()
    for (; !next.done; next = await changes.next()) for (const id of next.value) ids.add(id)
    Object.assign(this, next.value)
    return ids
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
  }
}
