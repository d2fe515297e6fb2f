import { describe, expect, it } from 'vitest'
import { accountNameOf } from './account-name.ts'

describe('account names, client-facts §5, 37', () => {
  it.each(['alice', '/alice', '\\alice', 'CORP\\Alice', 'corp/ALICE', 'alice@im.example.com', 'CORP\\alice@x'])(
    '[R37] reads %s as alice',
    (username) => {
      expect(accountNameOf(username)).toBe('alice')
    },
  )
})
