import { Client } from 'ldapts'
import { describe, expect, it } from 'vitest'
import { startSlapd, userDn } from '../src/index.ts'

describe('slapd for tests', () => {
  it('has its users, answers over TLS, and keeps changes over a restart', async () => {
    await using slapd = await startSlapd({ users: [{ account: 'alice', unit: 'oslo' }] })
    const alice = userDn({ account: 'alice', unit: 'oslo' })
    await slapd.set(alice, 'mail', 'alice@example.net')
    await slapd.addUser({ account: 'bob' })
    await slapd.rename(userDn({ account: 'bob' }), `uid=robert,ou=people,${slapd.base}`)
    await slapd.restart()
    await using client = new Client({ url: slapd.tlsUrl, tlsOptions: { ca: slapd.ca } })
    await client.bind(slapd.service.dn, slapd.service.password)
    const { searchEntries } = await client.search(slapd.base, { filter: '(uid=*)', attributes: ['mail'] })
    expect(searchEntries).toEqual([
      { dn: alice, mail: 'alice@example.net' },
      { dn: `uid=robert,ou=people,${slapd.base}`, mail: 'bob@example.com' },
    ])
  })

  it('lets its users sign in, and nobody read without signing in', async () => {
    await using slapd = await startSlapd({ users: [{ account: 'alice' }], overlays: ['ppolicy'] })
    await using client = new Client({ url: slapd.url })
    await client.bind(userDn({ account: 'alice' }), 'secret-alice')
    await using stranger = new Client({ url: slapd.url })
    await expect(stranger.search(slapd.base, { filter: '(uid=*)' })).rejects.toThrow(/0x32/)
  })
})
