import { type AccountRules, activeDirectoryAccounts, freeipaAccounts, openldapAccounts } from './account-state.ts'
import type { IdAttribute } from './source-id.ts'

export type PresetName = 'active-directory' | 'exchange-2000' | 'openldap' | 'freeipa'

/** Ways to follow changes; `auto` is the best one that a preset and a server have. */
export type ChangesMode = 'auto' | 'dirsync' | 'usn' | 'syncrepl' | 'timestamps' | 'none'

/** LDAP attributes that a user is made of; one that is absent is not read. */
export interface UserAttributes {
  /** The alias, or an address whose first part is; the IM address and the account come after it. */
  readonly alias?: string
  readonly displayName?: string
  readonly mail?: string
  /** `alias@IM domain`: both parts of the node. */
  readonly imAddress?: string
  /** The logical URL, for who has no IM address. */
  readonly logicalUrl?: string
  readonly userPrincipalName?: string
  readonly account?: string
  /** Further addresses; of those with a scheme, as in proxyAddresses, only `smtp:` ones. */
  readonly otherMail?: string
  /** The name of the home, or a URL whose host begins with it. */
  readonly home?: string
  readonly site?: string
}

/** What one kind of directory calls things. */
export interface Preset {
  readonly kind: 'active-directory' | 'openldap' | 'freeipa'
  /** Entries that may be users at all (RFC 4515). */
  readonly personFilter: string
  /** Entries that may have members. */
  readonly groupFilter: string
  readonly id: IdAttribute
  readonly attributes: UserAttributes
  /** The distinguished names of a group's members. */
  readonly member: string
  readonly group: { readonly alias: string; readonly displayName: string; readonly mail: string }
  readonly accounts: AccountRules
}

const activeDirectory: Preset = {
  kind: 'active-directory',
  personFilter: '(&(objectCategory=person)(objectClass=user))',
  groupFilter: '(objectClass=group)',
  id: { name: 'objectGUID', form: 'guid' },
  attributes: {
    displayName: 'displayName',
    mail: 'mail',
    userPrincipalName: 'userPrincipalName',
    account: 'sAMAccountName',
    otherMail: 'proxyAddresses',
  },
  member: 'member',
  group: { alias: 'sAMAccountName', displayName: 'displayName', mail: 'mail' },
  accounts: activeDirectoryAccounts,
}

export const presets: Readonly<Record<PresetName, Preset>> = {
  'active-directory': activeDirectory,
  // Who was enabled for IM has an IM address; that the other attribute is the logical URL, its name says (exchange-im-facts §1.1).
  'exchange-2000': {
    ...activeDirectory,
    personFilter: '(&(objectCategory=person)(objectClass=user)(|(msExchIMAddress=*)(msExchIMMetaPhysicalURL=*)))',
    attributes: {
      ...activeDirectory.attributes,
      imAddress: 'msExchIMAddress',
      logicalUrl: 'msExchIMMetaPhysicalURL',
    },
  },
  openldap: {
    kind: 'openldap',
    personFilter: '(objectClass=inetOrgPerson)',
    groupFilter: '(|(objectClass=groupOfNames)(objectClass=groupOfMembers))',
    id: { name: 'entryUUID', form: 'text' },
    attributes: { displayName: 'displayName', mail: 'mail', account: 'uid' },
    member: 'member',
    group: { alias: 'cn', displayName: 'cn', mail: 'mail' },
    accounts: openldapAccounts,
  },
  freeipa: {
    kind: 'freeipa',
    personFilter: '(&(objectClass=posixAccount)(objectClass=inetOrgPerson))',
    groupFilter: '(objectClass=groupOfNames)',
    id: { name: 'ipaUniqueID', form: 'text' },
    attributes: { displayName: 'displayName', mail: 'mail', userPrincipalName: 'krbPrincipalName', account: 'uid' },
    member: 'member',
    group: { alias: 'cn', displayName: 'cn', mail: 'mail' },
    accounts: freeipaAccounts,
  },
}
