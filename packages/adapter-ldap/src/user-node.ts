import { aliasOf, domainOf, type LogicalUrl, userUrl } from '@parley/protocol'
import { type EntryText, shown } from './entry-text.ts'
import type { UserAttributes } from './presets.ts'

/** NOTE: what an alias is made of in a users file as well: a part of a URL, of a mail address and of a Digest user name. */
const aliasPattern = /^[a-z0-9][a-z0-9._~!$'+-]{0,63}$/

/** The node that an entry names; undefined when it names none that can be, which is noted then. */
export function userNode(
  text: EntryText,
  { alias, imAddress, logicalUrl, account }: UserAttributes,
  domains: readonly [string, ...string[]],
): LogicalUrl | undefined {
  const [domain] = domains
  if (text.count(alias) > 0) return nodeOf(text, alias ?? '', domain)
  if (text.count(imAddress) > 0) return nodeOfImAddress(text, imAddress ?? '', domains)
  if (text.count(logicalUrl) > 0) return nodeOfUrl(text, logicalUrl ?? '', domains)
  if (text.count(account) > 0) return nodeOf(text, account ?? '', domain)
  const asked = [alias, imAddress, account].filter((name) => name !== undefined).join(', ')
  text.problem(`there is no alias: the entry has no ${asked}; fill it in, or name another in "attributes.alias"`)
  return undefined
}

function nodeOf(text: EntryText, attribute: string, domain: string): LogicalUrl | undefined {
  const value = single(text, attribute)
  if (value === undefined) return undefined
  const alias = value.split('@')[0]?.toLowerCase() ?? ''
  return checked(text, attribute, alias, domain)
}

function nodeOfImAddress(text: EntryText, attribute: string, domains: readonly string[]): LogicalUrl | undefined {
  const value = single(text, attribute)?.toLowerCase()
  if (value === undefined) return undefined
  const at = value.lastIndexOf('@')
  if (at < 1) {
    text.problem(`${attribute} is ${shown(value)}, which is no IM address: make it alias@${domains[0]}`)
    return undefined
  }
  return served(text, attribute, value.slice(0, at), value.slice(at + 1), domains)
}

function nodeOfUrl(text: EntryText, attribute: string, domains: readonly string[]): LogicalUrl | undefined {
  const value = single(text, attribute)?.toLowerCase()
  if (value === undefined) return undefined
  const [, domain, alias] = /^http:\/\/([^/]+)\/instmsg\/aliases\/([^/]+)$/.exec(value) ?? []
  if (domain === undefined || alias === undefined) {
    text.problem(
      `${attribute} is ${shown(value)}, which is no user’s URL: make it http://${domains[0]}/instmsg/aliases/ALIAS`,
    )
    return undefined
  }
  return served(text, attribute, alias, domain, domains)
}

function served(
  text: EntryText,
  attribute: string,
  alias: string,
  domain: string,
  domains: readonly string[],
): LogicalUrl | undefined {
  if (domains.includes(domain)) return checked(text, attribute, alias, domain)
  text.problem(`the IM domain ${shown(domain)} of ${attribute} is not served here: correct it, or add it to "domains"`)
  return undefined
}

/** NOTE: which of two is meant, nobody guesses: contacts and devices would come to the wrong one. */
function single(text: EntryText, attribute: string): string | undefined {
  const count = text.count(attribute)
  if (count > 1) {
    text.problem(`${attribute} has ${count} values where the alias must be one: remove all but one`)
    return undefined
  }
  return text.one(attribute)
}

function checked(text: EntryText, attribute: string, alias: string, domain: string): LogicalUrl | undefined {
  if (!aliasPattern.test(alias)) {
    text.problem(
      `the alias ${shown(alias)} of ${attribute} cannot be part of a URL: it must begin with a letter or digit, and have ` +
        "at most 64 of a-z 0-9 . _ ~ ! $ ' + -",
    )
    return undefined
  }
  const node = userUrl(domain, alias)
  return aliasOf(node) === alias && domainOf(node) === domain ? node : undefined
}
