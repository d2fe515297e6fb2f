import { firstText, type LdapEntry } from './ldap-entry.ts'

/** Whether an account is switched off, and until when it is good. */
export interface AccountState {
  readonly disabled: boolean
  /** Milliseconds since 1970; absent when it never ends. */
  readonly expiresAt?: number
}

/** How a kind of directory says it. */
export interface AccountRules {
  /** Attributes that `state` reads. */
  readonly attributes: readonly string[]
  readonly state: (entry: LdapEntry) => AccountState
  /**
   * Attributes that hold an end, and the values that stand for a moment, to ask the directory whose end has come in the meantime: of
   * an attribute that a directory cannot compare by order, one value a day.
   */
  readonly ends: readonly AccountEnd[]
}

export interface AccountEnd {
  readonly attribute: string
  /** The value that stands for a moment, rounded down. */
  readonly valueAt: (timeMs: number) => string
  /** How far apart two values are, where only equality can be asked for. */
  readonly equalityStepMs?: number
}

const dayMs = 86_400_000
/** Of 1601-01-01, where Windows' time starts, in milliseconds since 1970. */
const windowsEpochMs = -11_644_473_600_000
/** MS-ADA1 §2.3: both mean that the account never ends. */
const neverExpires = new Set(['0', '9223372036854775807'])
/** MS-ADTS §2.2.16, ADS_UF_ACCOUNT_DISABLE. */
const accountDisable = 2

/** Active Directory: userAccountControl and accountExpires. A lockout passes by itself, and is none of these. */
export const activeDirectoryAccounts: AccountRules = {
  attributes: ['userAccountControl', 'accountExpires'],
  state: (entry) => {
    const control = Number(firstText(entry, 'userAccountControl') ?? 0)
    const expires = firstText(entry, 'accountExpires') ?? '0'
    const disabled = (control & accountDisable) !== 0
    return neverExpires.has(expires) || !/^\d{1,19}$/.test(expires)
      ? { disabled }
      : { disabled, expiresAt: Number(BigInt(expires) / 10_000n) + windowsEpochMs }
  },
  ends: [
    { attribute: 'accountExpires', valueAt: (timeMs) => String(BigInt(Math.floor(timeMs - windowsEpochMs)) * 10_000n) },
  ],
}

/**
 * OpenLDAP: pwdAccountLockedTime of all zeroes, which an administrator sets (draft-behera-ldap-password-policy §5.3.3; any other
 * passes by itself), pwdEndTime, and shadowExpire, in days since 1970 (shadow(5)). A login shell says nothing about IM.
 */
export const openldapAccounts: AccountRules = {
  attributes: ['pwdAccountLockedTime', 'pwdEndTime', 'shadowExpire'],
  state: (entry) => {
    const disabled = firstText(entry, 'pwdAccountLockedTime') === '000001010000Z'
    const day = firstText(entry, 'shadowExpire')
    const ends = [
      generalizedTime(firstText(entry, 'pwdEndTime')),
      day !== undefined && /^\d{1,9}$/.test(day) ? Number(day) * dayMs : undefined,
    ].filter((end) => end !== undefined)
    return ends.length === 0 ? { disabled } : { disabled, expiresAt: Math.min(...ends) }
  },
  ends: [
    { attribute: 'pwdEndTime', valueAt: generalizedTimeOf },
    // NOTE: the schema gives it no order (RFC 2307 §3).
    { attribute: 'shadowExpire', valueAt: (timeMs) => String(Math.floor(timeMs / dayMs)), equalityStepMs: dayMs },
  ],
}

/** FreeIPA: nsAccountLock and krbPrincipalExpiration. An expired password is no expired account. */
export const freeipaAccounts: AccountRules = {
  attributes: ['nsAccountLock', 'krbPrincipalExpiration'],
  state: (entry) => {
    const disabled = firstText(entry, 'nsAccountLock')?.toUpperCase() === 'TRUE'
    const expiresAt = generalizedTime(firstText(entry, 'krbPrincipalExpiration'))
    return expiresAt === undefined ? { disabled } : { disabled, expiresAt }
  },
  ends: [{ attribute: 'krbPrincipalExpiration', valueAt: generalizedTimeOf }],
}

/** Reads a GeneralizedTime in UTC (RFC 4517 §3.3.13); undefined for anything else. */
export function generalizedTime(text: string | undefined): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:[.,](\d{1,9}))?Z$/.exec(text ?? '')
  if (!match) return undefined
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  const time = Date.UTC(year, month - 1, day, hour, minute, second)
  return Number.isNaN(time) ? undefined : time + Math.floor(Number(`0.${match[7] ?? 0}`) * 1000)
}

/** Writes a moment as GeneralizedTime, in whole seconds. */
export function generalizedTimeOf(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replace(/[-T:]/g, '')}Z`
}
