import { join } from 'node:path'
import type { KerberosTicket } from './kerberos-token.ts'
import { runProgram } from './run-program.ts'
import { sambaDomain } from './samba-ad-template.ts'

/** A user to be made. */
export interface SambaUser {
  /** sAMAccountName; the user principal name is made of it, and the common name unless another is given. */
  readonly account: string
  /** Absent: none, and nobody can sign in. */
  readonly password?: string
  /** Relative to the domain, e.g. `OU=Oslo`; `CN=Users` if absent. */
  readonly unit?: string
  readonly commonName?: string
  /** Further ones, e.g. `{ mail: 'alice@example.test' }`. */
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>
}

interface Place {
  readonly folder: string
  readonly ldapUrl: string
  readonly smbConf: string
  readonly krb5Conf: string
}

const { baseDn, dnsName, realm, administratorPassword } = sambaDomain
/** Puts a right (SDDL) before those that an entry has. */
const grantScript = `
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
from samba.sd_utils import SDUtils
conf, dn, right = sys.argv[1:]
parameters = LoadParm()
parameters.load(conf)
descriptors = SDUtils(SamDB(session_info=system_session(), lp=parameters))
controls = ['show_deleted:1']
text = descriptors.read_sd_on_dn(dn, controls).as_sddl()
start = text.index('(')
descriptors.modify_sd_on_dn(dn, text[:start] + right + text[start:], controls)
`
const normalAccount = 0x200
const withoutPassword = 0x220
const disabledAccount = 0x202

/** Makes and changes entries of a Samba domain, over LDAP as its Administrator. Distinguished names are whole ones. */
export class SambaAdministrator {
  readonly account = 'Administrator'
  readonly userPrincipalName = `Administrator@${dnsName}`
  readonly password = administratorPassword
  readonly #place: Place

  constructor(place: Place) {
    this.#place = place
  }

  /** Makes users in one go; resolves with their distinguished names in the same order. */
  async createUsers(...users: readonly SambaUser[]): Promise<string[]> {
    const dns = users.map(
      ({ account, commonName = account, unit = 'CN=Users' }) => `CN=${commonName},${unit},${baseDn}`,
    )
    const records = users.map(({ account, password, attributes = {} }, index) =>
      addition(dns[index] ?? '', {
        objectClass: 'user',
        sAMAccountName: account,
        userPrincipalName: `${account}@${dnsName}`,
        userAccountControl: `${password === undefined ? withoutPassword : normalAccount}`,
        ...(password !== undefined && { unicodePwd: asPassword(password) }),
        ...attributes,
      }),
    )
    await this.change(records.join('\n'))
    return dns
  }

  /** Makes one user; resolves with the distinguished name. */
  async createUser(user: SambaUser): Promise<string> {
    const [dn = ''] = await this.createUsers(user)
    return dn
  }

  /** Makes an organisational unit; `unit` is relative to the domain, e.g. `OU=Oslo`. */
  async createUnit(unit: string): Promise<string> {
    const dn = `${unit},${baseDn}`
    await this.change(addition(dn, { objectClass: 'organizationalUnit' }))
    return dn
  }

  /** Makes a global security group in `CN=Users`, of members by their distinguished names. */
  async createGroup(name: string, members: readonly string[] = []): Promise<string> {
    const dn = `CN=${name},CN=Users,${baseDn}`
    await this.change(addition(dn, { objectClass: 'group', sAMAccountName: name, member: members }))
    return dn
  }

  async addMember(group: string, member: string): Promise<void> {
    await this.change(`dn: ${group}\nchangetype: modify\nadd: member\nmember: ${member}\n`)
  }

  async removeMember(group: string, member: string): Promise<void> {
    await this.change(`dn: ${group}\nchangetype: modify\ndelete: member\nmember: ${member}\n`)
  }

  /** Sets attributes to these values; to none with an empty list. */
  async replace(dn: string, attributes: Readonly<Record<string, string | Buffer | readonly string[]>>): Promise<void> {
    const parts = Object.entries(attributes).map(([name, value]) => `replace: ${name}\n${values(name, value)}-\n`)
    await this.change(`dn: ${dn}\nchangetype: modify\n${parts.join('')}`)
  }

  async setPassword(dn: string, password: string): Promise<void> {
    await this.replace(dn, { unicodePwd: asPassword(password) })
  }

  async disable(dn: string): Promise<void> {
    await this.replace(dn, { userAccountControl: `${disabledAccount}` })
  }

  async enable(dn: string): Promise<void> {
    await this.replace(dn, { userAccountControl: `${normalAccount}` })
  }

  /** Gives an entry another relative name (`CN=Alice Berg`), in another container if one is given; resolves with its new name. */
  async rename(dn: string, relativeName: string, container = dn.slice(dn.indexOf(',') + 1)): Promise<string> {
    await this.change(
      `dn: ${dn}\nchangetype: modrdn\nnewrdn: ${relativeName}\ndeleteoldrdn: 1\nnewsuperior: ${container}\n`,
    )
    return `${relativeName},${container}`
  }

  /** Moves an entry to another container; resolves with its new name. */
  async move(dn: string, container: string): Promise<string> {
    return await this.rename(dn, dn.slice(0, dn.indexOf(',')), container)
  }

  async delete(dn: string): Promise<void> {
    await this.change(`dn: ${dn}\nchangetype: delete\n`)
  }

  /** Deletes an entry with all that is in it. */
  async deleteTree(dn: string): Promise<void> {
    await this.change(`dn: ${dn}\nchangetype: delete\n`, ['--controls=tree_delete:1'])
  }

  /**
   * Brings the deleted entry with this objectGUID (text) back to `dn`, with the few attributes that a tombstone keeps: Samba
   * restores nothing once the recycle bin is switched on.
   */
  async restore(guid: string, dn: string): Promise<void> {
    const showDeleted = '--controls=show_deleted:1'
    const found = await this.#search(['--basedn', `<GUID=${guid}>`, '--scope=base', showDeleted, 'dn'])
    const deleted = /^dn: (.+)$/m.exec(found.replaceAll('\n ', ''))?.[1]
    const record = `dn: ${deleted}\nchangetype: modify\ndelete: isDeleted\n-\nreplace: distinguishedName\ndistinguishedName: ${dn}\n-\n`
    await this.change(record, [showDeleted])
  }

  /** Gives an account the right "Replicating Directory Changes", with which DirSync tells of everything. */
  async letReplicate(account: string): Promise<void> {
    await this.#grant(baseDn, account, (sid) => `(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;${sid})`)
  }

  /** Lets an account find deleted entries, as nobody but administrators may by default. */
  async letReadDeleted(account: string): Promise<void> {
    await this.#grant(`CN=Deleted Objects,${baseDn}`, account, (sid) => `(A;CI;LCRP;;;${sid})`)
  }

  /** When accounts are locked: after so many wrong passwords (0 for never), that count for so long. */
  async setLockout(threshold: number, minutes = 30): Promise<void> {
    const times = [`--account-lockout-duration=${minutes}`, `--reset-account-lockout-after=${minutes}`]
    await this.tool('domain', 'passwordsettings', 'set', `--account-lockout-threshold=${threshold}`, ...times)
  }

  /** Applies LDIF with change types; `options` are those of ldbmodify, e.g. `--controls=show_deleted:1`. */
  async change(ldif: string, options: readonly string[] = []): Promise<void> {
    await runProgram('ldbmodify', [...this.#access(), ...options], { input: ldif })
  }

  /** Searches the whole domain; resolves with what ldbsearch prints. */
  async search(filter: string, ...attributes: readonly string[]): Promise<string> {
    return await this.#search([filter, ...attributes])
  }

  /** The objectGUID of an entry, as text in lower case. */
  async idOf(dn: string): Promise<string> {
    const found = await this.#search(['--basedn', dn, '--scope=base', 'objectGUID'])
    const id = /^objectGUID: ([0-9a-f-]{36})$/m.exec(found)?.[1]
    if (id === undefined) throw new Error(`there is no entry ${dn}`)
    return id
  }

  /** Runs a command of samba-tool on the database itself. */
  async tool(...words: readonly string[]): Promise<string> {
    return await runProgram('samba-tool', [...words, `--configfile=${this.#place.smbConf}`])
  }

  /** Lets an account be what clients ask tickets for by this name, e.g. `HTTP/im.example.test`. */
  async addServicePrincipal(principal: string, account: string): Promise<void> {
    await this.tool('spn', 'add', principal, account)
  }

  /** Writes the keys of a principal to a keytab; resolves with its path. */
  async exportKeytab(principal: string): Promise<string> {
    const path = join(this.#place.folder, `${principal.replace(/\W+/g, '-')}.keytab`)
    await this.tool('domain', 'exportkeytab', path, `--principal=${principal}`)
    return path
  }

  /** Signs on by Kerberos; resolves with the environment in which programs find the ticket and the domain. */
  async ticketFor(account: string, password: string): Promise<KerberosTicket> {
    const env = {
      KRB5_CONFIG: this.#place.krb5Conf,
      KRB5CCNAME: `FILE:${join(this.#place.folder, `${account}.ccache`)}`,
    }
    await runProgram('kinit', [`${account}@${realm}`], { env, input: `${password}\n` })
    return env
  }

  async #grant(dn: string, account: string, rightOf: (sid: string) => string): Promise<void> {
    const found = await this.search(`(sAMAccountName=${account})`, 'objectSid')
    const sid = /^objectSid: (\S+)$/m.exec(found)?.[1]
    if (sid === undefined) throw new Error(`there is no account ${account}`)
    // NOTE: samba-tool knows no deleted entries, nor their container. Debian's own Python is the one that has Samba's modules.
    await runProgram('/usr/bin/python3', ['-c', grantScript, this.#place.smbConf, dn, rightOf(sid)])
  }

  async #search(words: readonly string[]): Promise<string> {
    return await runProgram('ldbsearch', [...this.#access(), ...words])
  }

  #access(): string[] {
    const { ldapUrl, smbConf } = this.#place
    return ['-H', ldapUrl, `--configfile=${smbConf}`, `--user=${this.account}%${this.password}`]
  }
}

function addition(dn: string, attributes: Readonly<Record<string, string | Buffer | readonly string[]>>): string {
  const lines = Object.entries(attributes).map(([name, value]) => values(name, value))
  return `dn: ${dn}\nchangetype: add\n${lines.join('')}`
}

function values(name: string, value: string | Buffer | readonly string[]): string {
  const list = typeof value === 'string' || Buffer.isBuffer(value) ? [value] : value
  // In base64 whatever they are, so that no value is read as something else.
  return list.map((one) => `${name}:: ${Buffer.from(one).toString('base64')}\n`).join('')
}

/** The form in which Active Directory takes passwords. */
function asPassword(password: string): Buffer {
  return Buffer.from(`"${password}"`, 'utf16le')
}
