import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { ManualClock, systemClock } from '@parley/domain'
import { UnavailableError } from '@parley/protocol'
import { type RunningSlapd, startSlapd, userDn } from '@parley/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LdapBind } from '../src/index.ts'
import { optionsFor } from './open-ldap.ts'

const alice = userDn({ account: 'alice' })

describe('LdapBind', () => {
  let slapd: RunningSlapd
  beforeAll(async () => {
    slapd = await startSlapd({ users: [{ account: 'alice' }, { account: 'bob' }], overlays: ['ppolicy'] })
  })
  afterAll(() => slapd[Symbol.asyncDispose]())

  const idOf = async (dn: string) => (await slapd.read(dn, 'entryUUID')) ?? ''

  it('knows the right password from a wrong one', async () => {
    await using bind = new LdapBind(optionsFor(slapd), systemClock)
    const id = await idOf(alice)
    expect(await bind.verify(id, 'secret-alice')).toBe('right')
    expect(await bind.verify(id, 'secret-bob')).toBe('wrong')
    expect(await bind.verify(id, '*')).toBe('wrong')
  })

  it('checks many at one time', async () => {
    await using bind = new LdapBind(optionsFor(slapd), systemClock)
    const id = await idOf(alice)
    const verdicts = await Promise.all(Array.from({ length: 100 }, () => bind.verify(id, 'secret-alice')))
    expect(new Set(verdicts)).toEqual(new Set(['right']))
  })

  it('does not wait again and again for a server that is silent, but sees when it is back', async () => {
    await using silent = await openSilent()
    const clock = new ManualClock()
    const servers = [silent.url, slapd.tlsUrl]
    await using bind = new LdapBind(optionsFor(slapd, { servers }), clock)
    const id = await idOf(alice)
    const first = bind.verify(id, 'secret-alice')
    await silent.connections(1)
    clock.elapse(5_000)
    expect(await first).toBe('right')
    expect(await bind.verify(id, 'secret-alice')).toBe('right')
    expect(silent.count).toBe(1)
    clock.elapse(60_000)
    const looking = bind.verify(id, 'secret-alice')
    await silent.connections(2)
    expect(await bind.verify(id, 'secret-alice')).toBe('right')
    clock.elapse(5_000)
    expect(await looking).toBe('right')
    expect(silent.count).toBe(2)
  })

  it('refuses an empty password, which the directory would take for nobody in particular', async () => {
    await using bind = new LdapBind(optionsFor(slapd), systemClock)
    expect(await bind.verify(await idOf(alice), '')).toBe('wrong')
  })

  it('finds the entry by its id wherever it has moved to', async () => {
    await slapd.addUser({ account: 'carol' })
    const id = await idOf(userDn({ account: 'carol' }))
    await slapd.rename(userDn({ account: 'carol' }), 'uid=caroline,ou=people,dc=example,dc=com')
    await using bind = new LdapBind(optionsFor(slapd), systemClock)
    expect(await bind.verify(id, 'secret-carol')).toBe('right')
  })

  it('does not know ids of nobody, nor what is no id', async () => {
    await using bind = new LdapBind(optionsFor(slapd), systemClock)
    expect(await bind.verify('01234567-89ab-cdef-0123-456789abcdef', 'secret-alice')).toBe('unknown')
    expect(await bind.verify('*)(uid=alice', 'secret-alice')).toBe('unknown')
  })

  it('says why an account is refused: locked after too many tries, or to be given a new password', async () => {
    const reasons: string[] = []
    const refused = (_: string, reason: string) => reasons.push(reason)
    await using bind = new LdapBind(optionsFor(slapd), systemClock, { refused })
    const bob = userDn({ account: 'bob' })
    const id = await idOf(bob)
    for (let tries = 0; tries < 5; tries += 1) expect(await bind.verify(id, 'no')).toBe('wrong')
    expect(await bind.verify(id, 'secret-bob')).toBe('wrong')
    await slapd.set(bob, 'pwdAccountLockedTime')
    await slapd.set(bob, 'pwdReset', 'TRUE')
    await slapd.set('cn=default,ou=policies,dc=example,dc=com', 'pwdMustChange', 'TRUE')
    expect(await bind.verify(id, 'secret-bob')).toBe('wrong')
    expect(reasons.slice(-2)).toEqual(['the account is locked', 'the password must be changed first'])
  })

  it('goes on after the directory was away, and tells nothing as long as it is', async () => {
    await using server = await startSlapd({ users: [{ account: 'alice' }] })
    await using bind = new LdapBind(optionsFor(server), systemClock)
    const id = (await server.read(alice, 'entryUUID')) ?? ''
    expect(await bind.verify(id, 'secret-alice')).toBe('right')
    await server.kill()
    await expect(bind.verify(id, 'secret-alice')).rejects.toThrow(UnavailableError)
    await server.restart()
    expect(await bind.verify(id, 'secret-alice')).toBe('right')
  })

  it('has no lockout policy of OpenLDAP to tell', async () => {
    await using bind = new LdapBind(optionsFor(slapd), systemClock)
    expect(await bind.readLockoutPolicy()).toBeUndefined()
  })
})

/** A server that takes connections, and never says anything. */
async function openSilent() {
  let wake = Promise.withResolvers<void>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined).resume())
    wake.resolve()
    wake = Promise.withResolvers()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `ldaps://127.0.0.1:${port}`,
    /** Connections so far. */
    get count() {
      return sockets.size
    },
    /** Resolves once there were as many. */
    async connections(count: number) {
      while (sockets.size < count) await wake.promise
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
