import type { EntryText } from './entry-text.ts'
import type { UserAttributes } from './presets.ts'

const address = /^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u
const account = /^[^\s@\\/\p{Cc}]+$/u
const longest = 320

/** Whether a text is of the form of a mail address. */
export function isAddress(text: string): boolean {
  return text.length <= longest && address.test(text)
}

/** All that the user may sign in as (SourceUser.names): what is no name is left out, as nobody can type it. */
export function userNames(text: EntryText, attributes: UserAttributes, ntDomain: string | undefined): string[] {
  const names = new Set<string>()
  const { userPrincipalName, mail, imAddress, otherMail } = attributes
  for (const attribute of [userPrincipalName, mail, imAddress])
    for (const value of text.all(attribute)) if (isAddress(value)) names.add(value.toLowerCase())
  for (const value of text.all(otherMail)) {
    const [, scheme, rest = value] = /^([A-Za-z][A-Za-z0-9]*):(.*)$/s.exec(value) ?? []
    const isMail = scheme === undefined || scheme.toLowerCase() === 'smtp'
    if (isMail && isAddress(rest)) names.add(rest.toLowerCase())
  }
  for (const value of text.all(attributes.account)) {
    if (value.length > 256 || !account.test(value)) continue
    names.add(value.toLowerCase())
    if (ntDomain !== undefined) names.add(`${ntDomain}\\${value}`.toLowerCase())
  }
  return [...names]
}
