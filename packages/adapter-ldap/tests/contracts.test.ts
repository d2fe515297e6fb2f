import { systemClock } from '@parley/domain'
import { directoryChangesContract, directorySourceContract, type OpenDirectorySource } from '@parley/domain/contracts'
import { startSlapd, userDn } from '@parley/testkit'
import { describe } from 'vitest'
import { LdapSource, type LdapSourceOptions } from '../src/index.ts'
import { optionsFor } from './open-ldap.ts'

function opener(options: Partial<LdapSourceOptions>): OpenDirectorySource {
  return async () => {
    await using opening = new AsyncDisposableStack()
    const slapd = opening.use(await startSlapd())
    const start = () => opened.use(new LdapSource(optionsFor(slapd, options), systemClock))
    const dnOf = (account: string) => userDn({ account })
    const opened = opening.move()
    return {
      source: start(),
      again: start,
      add: async (...people) => {
        for (const { account, displayName } of people) await slapd.addUser({ account, attributes: { displayName } })
      },
      change: (account, displayName) => slapd.set(dnOf(account), 'displayName', displayName),
      rename: (account, newAccount) => slapd.rename(dnOf(account), dnOf(newAccount)),
      disable: (account) => slapd.set(dnOf(account), 'pwdAccountLockedTime', '000001010000Z'),
      enable: (account) => slapd.set(dnOf(account), 'pwdAccountLockedTime'),
      spoil: (account) => slapd.rename(dnOf(account), dnOf(`-${account}/`)),
      remove: (account) => slapd.remove(dnOf(account)),
      [Symbol.asyncDispose]: () => opened.disposeAsync(),
    }
  }
}

describe('LdapSource on OpenLDAP', () => {
  directorySourceContract(opener({}))

  describe('by content synchronisation', () => {
    directoryChangesContract(opener({ changes: 'syncrepl' }), { tellsRemoved: true })
  })

  describe('by timestamps', () => {
    directoryChangesContract(opener({ changes: 'timestamps' }), { tellsRemoved: false })
  })
})
