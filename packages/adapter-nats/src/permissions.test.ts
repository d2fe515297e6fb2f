import { nkeys } from '@nats-io/transport-node'
import { describe, expect, it } from 'vitest'
import { natsConfig } from './config.ts'
import { natsAuthorization, natsUserOf } from './permissions.ts'

describe('authorization of NATS users', () => {
  it('gives each role what it needs, as a block of nats-server.conf', () => {
    const users = [
      { role: 'home', user: 'parley-home', password: 'a"b\\c$d' },
      { role: 'router', nkey: 'UABC' },
    ] as const
    expect(natsAuthorization(users, { prefix: 'parley' })).toBe(
      `authorization {
  users: [
    # home
    {
      user: "parley-home", password: "a\\"b\\\\c$d"
      permissions: { publish: { allow: ["parley.status.>", "parley.beat.>"], deny: ["$JS.>"] }, subscribe: { allow: ["parley.status.>", "parley.beat.>"], deny: ["$JS.>"] } }
    }
    # router
    {
      nkey: "UABC"
      permissions: { publish: { deny: [">"] }, subscribe: { deny: [">"] } }
    }
  ]
}
`,
    )
  })

  it('refuses what would break out of the file', () => {
    for (const password of ['a\nb', '', 'ä']) {
      expect(() => natsAuthorization([{ role: 'home', user: 'a', password }], { prefix: 'parley' })).toThrow(RangeError)
    }
  })
})

describe('the user of a configuration', () => {
  const userOf = (credentials: object) =>
    natsUserOf(natsConfig.parse({ servers: ['nats://127.0.0.1:4222'], ...credentials }), 'home')

  it('is the one with its password, or the public half of its nkey', () => {
    expect(userOf({ user: 'parley', password: 'p' })).toEqual({ role: 'home', user: 'parley', password: 'p' })
    const pair = nkeys.createUser()
    const nkey = new TextDecoder().decode(pair.getSeed())
    expect(userOf({ nkey })).toEqual({ role: 'home', nkey: pair.getPublicKey() })
  })

  it('is nobody whom a file of the server could hold where credentials are missing, unreadable or a JWT', () => {
    expect(() => userOf({})).toThrow('no user of NATS is configured')
    expect(() => userOf({ nkey: 'SUnone' })).toThrow('nkey cannot be read')
    expect(() => userOf({ creds: 'a JWT' })).toThrow('parley.status.> and parley.beat.>')
  })
})
