import { describe, expect, it } from 'vitest'
import { natsAuthorization } from './permissions.ts'

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
