import type { SourceId } from '@parley/domain'
import { normalDn } from './distinguished-name.ts'
import type { LdapConnection } from './ldap-connection.ts'
import { type LdapEntry, valuesOf } from './ldap-entry.ts'
import { LdapResultError, resultCode } from './ldap-fault.ts'
import type { Preset } from './presets.ts'
import { sourceIdOf } from './source-id.ts'

/** Members of one group; who they are, not only that they are, must be told to homes. */
const mostMembers = 10_000
/** Names looked at on the way, groups and strangers included. */
const mostNames = 50_000
/** Questions that are on their way at one time. */
const atOnce = 50

/** Answers for names that lead nowhere: another server, nothing there (any more), no name at all, not for our eyes. */
const nowhere = new Set<number>([resultCode.referral, resultCode.noSuchObject, 34, 50])

/** Finds who is in groups, those of groups within them included; a group that holds itself ends nothing. */
export class GroupMembers {
  readonly #connection: Pick<LdapConnection, 'find'>
  readonly #preset: Preset

  constructor(connection: Pick<LdapConnection, 'find'>, preset: Preset) {
    this.#connection = connection
    this.#preset = preset
  }

  /** Ids of the members that are no groups. Rejects with UnavailableError or LdapResultError. */
  async of(group: LdapEntry): Promise<{ readonly members: readonly SourceId[]; readonly isWhole: boolean }> {
    const seen = new Set([normalDn(group.dn)])
    const names: string[] = []
    const note = (dns: readonly string[]) => {
      for (const dn of dns) {
        const normal = normalDn(dn)
        if (seen.has(normal) || names.length >= mostNames) continue
        seen.add(normal)
        names.push(dn)
      }
    }
    note(await this.#memberNames(group))
    const members = new Set<SourceId>()
    let looked = 0
    while (looked < names.length && members.size <= mostMembers) {
      const asked = names.slice(looked, looked + atOnce)
      looked += asked.length
      for (const entry of (await Promise.all(asked.map((dn) => this.#read(dn)))).filter((each) => each !== undefined)) {
        const inside = await this.#memberNames(entry)
        if (inside.length > 0) note(inside)
        else for (const id of this.#idOf(entry)) members.add(id)
      }
    }
    const isWhole = members.size <= mostMembers && looked >= names.length && names.length < mostNames
    return { members: [...members].slice(0, mostMembers), isWhole }
  }

  async #read(dn: string): Promise<LdapEntry | undefined> {
    try {
      const attributes = [this.#preset.id.name, this.#preset.member]
      const [entry] = await this.#connection.find({ base: dn, scope: 'base', attributes })
      return entry
    } catch (error) {
      if (error instanceof LdapResultError && nowhere.has(error.code)) return undefined
      throw error
    }
  }

  #idOf(entry: LdapEntry): SourceId[] {
    const { name, form } = this.#preset.id
    return valuesOf(entry, name).flatMap((value) => sourceIdOf(value, form) ?? [])
  }

  /** The names of a group's members; Active Directory gives 1,500 at once, and the others when asked for (MS-ADTS §3.1.1.3.1.3.3). */
  async #memberNames(entry: LdapEntry): Promise<string[]> {
    const member = this.#preset.member.toLowerCase()
    const names = valuesOf(entry, member).map(String)
    let range = rangeOf(entry, member)
    while (range !== undefined) {
      names.push(...range.values)
      if (range.next === undefined || names.length >= mostNames) break
      const attributes = [`${member};range=${range.next}-*`]
      const [more] = await this.#connection.find({ base: entry.dn, scope: 'base', attributes })
      range = more && rangeOf(more, member)
    }
    return names
  }
}

function rangeOf(entry: LdapEntry, attribute: string): { values: string[]; next: number | undefined } | undefined {
  for (const [name, values] of entry.attributes) {
    const match = name.startsWith(`${attribute};`) ? /;range=\d+-(\d+|\*)$/.exec(name) : null
    if (match?.[1] === undefined) continue
    return {
      values: values.map(String),
      next: match[1] === '*' || values.length === 0 ? undefined : Number(match[1]) + 1,
    }
  }
  return undefined
}
