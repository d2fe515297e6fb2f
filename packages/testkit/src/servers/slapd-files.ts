import { type LdifAttributes, ldifEntry } from './ldif.ts'

/** An account of a directory, for a simple bind. */
export interface DirectoryAccount {
  readonly dn: string
  readonly password: string
}

/** A user of a test's directory, an inetOrgPerson. */
export interface SlapdUser {
  /** Its `uid`. */
  readonly account: string
  /** By default made from the account: `alice` is Alice Example. */
  readonly givenName?: string
  readonly surname?: string
  /** `account@example.com` by default; null for none. */
  readonly mail?: string | null
  /** The unit below `ou=people` that it is in, e.g. `oslo`; none by default. Units are made as they are needed. */
  readonly unit?: string
  /** `secret-` and the account by default. */
  readonly password?: string
  /** Further attributes, or others instead of ours. */
  readonly attributes?: LdifAttributes
}

export type SlapdOverlay = 'syncprov' | 'memberof' | 'refint' | 'ppolicy'

/** The top of every test's directory; below it are `ou=people`, `ou=groups`, `ou=services` and `ou=policies`. */
export const base = 'dc=example,dc=com'
export const admin: DirectoryAccount = { dn: `cn=admin,${base}`, password: 'admin-secret' }
/** May read everything but passwords. */
export const service: DirectoryAccount = { dn: `cn=parley,ou=services,${base}`, password: 'service-secret' }

// Also those that are not used: attributes such as memberOf come with them.
const modules = ['back_mdb', 'syncprov', 'memberof', 'refint', 'ppolicy']

const policy = `cn=default,ou=policies,${base}`

const overlayDirectives: Readonly<Record<SlapdOverlay, readonly string[]>> = {
  syncprov: ['overlay syncprov', 'syncprov-checkpoint 100 1', 'syncprov-sessionlog 10000'],
  memberof: ['overlay memberof', 'memberof-refint TRUE'],
  refint: ['overlay refint', 'refint_attributes member memberOf', `refint_nothing ${admin.dn}`],
  ppolicy: ['overlay ppolicy', `ppolicy_default ${policy}`, 'ppolicy_use_lockout'],
}

/** slapd.conf(5) of a server that keeps all it has in the folder that it works in. */
export function slapdConf(overlays: readonly SlapdOverlay[], further: readonly string[]): string {
  const schemas = ['core', 'cosine', 'nis', 'inetorgperson']
  return `${[
    ...schemas.map((name) => `include /etc/ldap/schema/${name}.schema`),
    'modulepath /usr/lib/ldap',
    ...modules.map((name) => `moduleload ${name}`),
    'TLSCertificateFile cert.pem',
    'TLSCertificateKeyFile key.pem',
    // Tests read whole directories; those about limits set their own.
    'sizelimit unlimited',
    'database config',
    `access to * by dn.exact="${service.dn}" read by * none`,
    'database mdb',
    `suffix "${base}"`,
    `rootdn "${admin.dn}"`,
    `rootpw ${admin.password}`,
    'directory .',
    'maxsize 4294967296',
    // What a crash loses of a test's directory nobody misses, and waiting for the disk costs more than all else.
    'dbnosync',
    'index objectClass,entryUUID,uid,mail,member,memberOf eq',
    'index entryCSN,modifyTimestamp eq',
    ...further,
    'access to attrs=userPassword by anonymous auth by * none',
    `access to * by dn.exact="${service.dn}" read by anonymous auth by * none`,
    ...overlays.flatMap((name) => overlayDirectives[name]),
  ].join('\n')}\n`
}

/** What is there before the server first starts. */
export function initialLdif(users: readonly SlapdUser[], overlays: readonly SlapdOverlay[]): string {
  const units = new Set(users.flatMap(({ unit }) => (unit === undefined ? [] : [unit])))
  return [
    ldifEntry(base, { objectClass: ['dcObject', 'organization'], dc: 'example', o: 'Example' }),
    ...['people', 'groups', 'services', 'policies'].map((name) => ldifUnit(`ou=${name},${base}`, name)),
    ...[...units].map((name) => ldifUnit(`ou=${name},ou=people,${base}`, name)),
    ldifEntry(service.dn, {
      objectClass: ['organizationalRole', 'simpleSecurityObject'],
      cn: 'parley',
      userPassword: service.password,
    }),
    ...(overlays.includes('ppolicy') ? [ldifPolicy()] : []),
    ...users.map((user) => ldifEntry(userDn(user), userAttributes(user))),
  ].join('')
}

/** Where a user's entry is. */
export function userDn({ account, unit }: Pick<SlapdUser, 'account' | 'unit'>): string {
  return `uid=${account},${unit === undefined ? '' : `ou=${unit},`}ou=people,${base}`
}

export function userAttributes(user: SlapdUser): LdifAttributes {
  const { account, givenName = capitalised(account), surname = 'Example', mail = `${account}@example.com` } = user
  return {
    objectClass: 'inetOrgPerson',
    uid: account,
    cn: `${givenName} ${surname}`,
    displayName: `${givenName} ${surname}`,
    givenName,
    sn: surname,
    ...(mail === null ? {} : { mail }),
    userPassword: user.password ?? `secret-${account}`,
    ...user.attributes,
  }
}

function ldifUnit(dn: string, ou: string): string {
  return ldifEntry(dn, { objectClass: 'organizationalUnit', ou })
}

function ldifPolicy(): string {
  return ldifEntry(policy, {
    objectClass: ['organizationalRole', 'pwdPolicy'],
    cn: 'default',
    pwdAttribute: 'userPassword',
    pwdLockout: 'TRUE',
    pwdMaxFailure: '5',
    pwdLockoutDuration: '0',
  })
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
