import { PasswordPolicyControl } from 'ldapts'
import { BerCursor } from './ber-cursor.ts'
import type { LdapResult } from './ldap-reply.ts'

/** What a directory's answer to a sign-in says of the password. */
export type BindAnswer =
  | { readonly kind: 'right' }
  /** `reason` is for the log. */
  | { readonly kind: 'wrong'; readonly reason: string }
  /** It says nothing of the password: the directory could not check it. */
  | { readonly kind: 'unchecked' }

const wrongCodes: ReadonlyMap<number, string> = new Map([
  [19, 'too many wrong passwords, or sign-in is not allowed now'],
  [48, 'the account has no password'],
  [49, 'wrong password'],
  [53, 'the directory is unwilling to let the account sign in'],
])

/** What Active Directory adds to code 49 (MS-ADTS §3.1.1.3.1.3, system error codes in hexadecimal). */
const activeDirectoryReasons: ReadonlyMap<string, string> = new Map([
  ['530', 'sign-in is not allowed at this time'],
  ['531', 'sign-in is not allowed from here'],
  ['532', 'the password has expired'],
  ['533', 'the account is disabled'],
  ['701', 'the account has expired'],
  ['773', 'the password must be changed first'],
  ['775', 'the account is locked'],
])

/** Errors of draft-behera-ldap-password-policy §6.2. */
const policyReasons = ['the password has expired', 'the account is locked', 'the password must be changed first']

/** Reads the answer to a bind that went with a PasswordPolicyControl. */
export function readBindAnswer({ code, diagnostic, controls }: LdapResult): BindAnswer {
  const policy = policyReasons[policyError(controls.get(PasswordPolicyControl.type)) ?? -1]
  // NOTE: a password that must be changed is accepted, for the change alone.
  if (code === 0) return policy === undefined ? { kind: 'right' } : { kind: 'wrong', reason: policy }
  const reason = wrongCodes.get(code)
  if (reason === undefined) return { kind: 'unchecked' }
  const data = /\bdata ([0-9a-f]{3})\b/.exec(diagnostic)?.[1] ?? ''
  return { kind: 'wrong', reason: policy ?? activeDirectoryReasons.get(data) ?? reason }
}

function policyError(value: Buffer | undefined): number | undefined {
  if (value === undefined || value.length === 0) return undefined
  const fields = new BerCursor(value).inside(0x30)
  if (fields.tag === 0xa0) fields.takeAny()
  return fields.tag === 0x81 ? fields.integer(0x81) : undefined
}
