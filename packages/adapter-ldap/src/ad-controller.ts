import { showDeleted } from './ad-controls.ts'
import { isWithin } from './distinguished-name.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { firstText, valuesOf } from './ldap-entry.ts'
import { LdapSetupError } from './ldap-fault.ts'
import { guidText } from './source-id.ts'

/** What a domain controller says of itself. */
export interface DomainController {
  /** The part of the directory, a whole domain, that the bases are in. */
  readonly namingContext: string
  /** Distinguished name of its settings. */
  readonly settings: string
  /** The number of the last change that it has written; others number otherwise. */
  readonly highestUsn: bigint
}

/** Asks the controller that `connection` leads to. Rejects with LdapSetupError when it is none, or does not have the bases. */
export async function readController(connection: LdapConnection, bases: readonly string[]): Promise<DomainController> {
  const attributes = ['dsServiceName', 'namingContexts', 'highestCommittedUSN']
  const [root] = await connection.find({ base: '', scope: 'base', attributes })
  const service = root && firstText(root, 'dsServiceName')
  const usn = root && firstText(root, 'highestCommittedUSN')
  if (root === undefined || service === undefined || usn === undefined || !/^\d{1,20}$/.test(usn))
    throw new LdapSetupError(`${connection.server}: it is no Active Directory domain controller: check "preset"`)
  const contexts = valuesOf(root, 'namingContexts').map(String)
  return {
    namingContext: contextOf(bases, contexts, connection.server),
    settings: service,
    highestUsn: BigInt(usn),
  }
}

/**
 * Names the copy of the directory that a controller has: one that was restored is another one (MS-ADTS §3.1.1.1.9). Rejects with
 * LdapSetupError when the account may not read it.
 */
export async function readInvocationId(connection: LdapConnection, { settings }: DomainController): Promise<string> {
  const [entry] = await connection.find({ base: settings, scope: 'base', attributes: ['invocationId'] })
  const id = entry && valuesOf(entry, 'invocationId')[0]
  if (id?.length === 16) return guidText(id)
  throw new LdapSetupError(`${connection.server}: our account may not read the invocationId of ${settings}`)
}

/**
 * Whether the account finds deleted entries. By default only administrators do; nobody says no to others, they just find none. In a domain in
 * which nothing has been deleted yet it cannot be known: no.
 */
export async function seesDeleted(connection: LdapConnection, namingContext: string): Promise<boolean> {
  const found = await connection.find({
    // The container of deleted entries by its well-known GUID (MS-ADTS §6.1.1.4).
    base: `<WKGUID=18e2ea80684f11d2b9aa00c04f79f805,${namingContext}>`,
    scope: 'one',
    attributes: ['1.1'],
    controls: [showDeleted()],
    sizeLimit: 1,
  })
  return found.length > 0
}

/** The innermost context that has all bases: domains are within domains. */
function contextOf(bases: readonly string[], contexts: readonly string[], server: string): string {
  const having = contexts.filter((context) => context !== '' && bases.every((base) => isWithin(base, context)))
  const [innermost] = having.sort((a, b) => b.length - a.length)
  if (innermost !== undefined) return innermost
  throw new LdapSetupError(`${server}: it has no domain with ${bases.join(' and ')} in it: check "servers" and "base"`)
}
