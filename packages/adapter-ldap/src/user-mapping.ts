import {
  type HomeName,
  type PersonAttributes,
  parseHomeName,
  type SourceId,
  type SourceProblem,
  type SourceUser,
} from '@parley/domain'
import { aliasOf } from '@parley/protocol'
import type { DirectoryOptions } from './directory-options.ts'
import { parentDn } from './distinguished-name.ts'
import { cut, EntryText, shown } from './entry-text.ts'
import { type LdapEntry, valuesOf } from './ldap-entry.ts'
import { type Preset, presets, type UserAttributes } from './presets.ts'
import { sourceIdOf } from './source-id.ts'
import { isAddress, userNames } from './user-names.ts'
import { userNode } from './user-node.ts'

/** What became of an entry that is a user's by the filter. */
export interface MappedUser {
  /** Absent when the entry has none that can be read, or we may not see it. */
  readonly id?: SourceId
  /** Absent when the account is off, or cannot be used as it is: then a problem says why. */
  readonly user?: SourceUser
  /** Whether the account is disabled, or has expired. */
  readonly off: boolean
  readonly problems: readonly SourceProblem[]
}

const longestText = 256

/** Makes users of entries, by a preset and what is configured instead. Never throws for an entry, whatever is in it. */
export class UserMapping {
  /** What must be asked for. */
  readonly attributes: readonly string[]
  readonly #options: DirectoryOptions
  readonly #preset: Preset
  readonly #names: UserAttributes
  readonly #ntDomain: string | undefined

  constructor(options: DirectoryOptions, ntDomain: string | undefined = options.ntDomain) {
    this.#options = options
    this.#preset = presets[options.preset]
    this.#names = { ...this.#preset.attributes, ...options.attributes }
    this.#ntDomain = ntDomain
    const named = [...Object.values(this.#names), ...Object.values(options.search ?? {})]
    this.attributes = [...new Set([this.#preset.id.name, 'cn', ...named, ...this.#preset.accounts.attributes])]
  }

  /** The attributes by what they mean, with those that are configured. */
  get names(): UserAttributes {
    return this.#names
  }

  /** Reads an entry at a moment, in milliseconds since 1970. */
  map(entry: LdapEntry, nowMs: number): MappedUser {
    const { id: idAttribute, accounts } = this.#preset
    const [value] = valuesOf(entry, idAttribute.name)
    const id = value === undefined ? undefined : sourceIdOf(value, idAttribute.form)
    const text = new EntryText(entry, id)
    if (id === undefined) {
      text.problem(`${idAttribute.name} cannot be read: our account must be allowed to`)
      return { off: false, problems: text.problems }
    }
    const { disabled, expiresAt } = accounts.state(entry)
    if (disabled || (expiresAt !== undefined && expiresAt <= nowMs)) return { id, off: true, problems: [] }
    const user = this.#user(id, text)
    return user === undefined
      ? { id, off: false, problems: text.problems }
      : { id, user, off: false, problems: text.problems }
  }

  #user(id: SourceId, text: EntryText): SourceUser | undefined {
    const names = this.#names
    const node = userNode(text, names, this.#options.domains)
    if (node === undefined) return undefined
    const home = this.#home(text)
    const mail = this.#mail(text)
    const site = text.one(names.site)
    const unit = parentDn(text.dn)
    return {
      kind: 'user',
      id,
      node,
      displayName: cut(text.one(names.displayName) ?? text.one('cn') ?? aliasOf(node) ?? '', longestText),
      names: userNames(text, names, this.#ntDomain),
      attributes: this.#attributes(text),
      origin: text.dn,
      ...(mail === undefined ? {} : { mail }),
      ...(home === undefined ? {} : { home }),
      ...(site === undefined ? {} : { site: cut(site, longestText) }),
      ...(unit === undefined ? {} : { unit }),
    }
  }

  #mail(text: EntryText): string | undefined {
    const mail = text.one(this.#names.mail)
    if (mail === undefined || isAddress(mail)) return mail
    text.problem(`${this.#names.mail} is ${shown(mail)}, which is no mail address, and is not used: correct it`)
    return undefined
  }

  /** The home's name, or the first label of a physical URL's host (exchange-im-facts §9). */
  #home(text: EntryText): HomeName | undefined {
    const value = text.one(this.#names.home)?.toLowerCase()
    if (value === undefined) return undefined
    const name = URL.canParse(value) ? (new URL(value).hostname.split('.')[0] ?? '') : value
    try {
      return parseHomeName(name)
    } catch {
      text.problem(`${this.#names.home} is ${shown(value)}, which is no name of a home, and is not used: correct it`)
      return undefined
    }
  }

  #attributes(text: EntryText): PersonAttributes {
    const found = Object.entries(this.#options.search ?? {}).flatMap(([name, attribute]) => {
      const value = text.one(attribute)
      return value === undefined ? [] : [[name, cut(value, longestText)] as const]
    })
    return Object.fromEntries(found)
  }
}
