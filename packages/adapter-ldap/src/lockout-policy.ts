import type { LdapConnection } from './ldap-connection.ts'
import { firstText } from './ldap-entry.ts'

/** When a directory locks an account. */
export interface LockoutPolicy {
  /** Wrong passwords that lock it; 0 when none do. */
  readonly threshold: number
  /** For how long a wrong password counts. */
  readonly windowMs: number
}

/**
 * Reads the policy from the head of an Active Directory domain (MS-ADA1, lockoutThreshold and lockOutObservationWindow); undefined when
 * our account may not. Fine-grained policies (msDS-PasswordSettings), which only administrators may read, can be stricter.
 */
export async function readLockoutPolicy(connection: LdapConnection): Promise<LockoutPolicy | undefined> {
  const [root] = await connection.find({ base: '', scope: 'base', attributes: ['defaultNamingContext'] })
  const base = root && firstText(root, 'defaultNamingContext')
  if (base === undefined) return undefined
  const attributes = ['lockoutThreshold', 'lockOutObservationWindow']
  const [head] = await connection.find({ base, scope: 'base', attributes })
  const [threshold, window] = attributes.map((name) => (head === undefined ? undefined : firstText(head, name)))
  if (threshold === undefined || window === undefined) return undefined
  if (!/^\d{1,9}$/.test(threshold) || !/^-?\d{1,19}$/.test(window)) return undefined
  // A negative count of 100 ns (MS-ADTS §3.1.1.2.2.2, Interval).
  return { threshold: Number(threshold), windowMs: Math.abs(Number(window)) / 10_000 }
}
