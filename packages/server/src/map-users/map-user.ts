import { type HomeName, isInContainer, type Locations, type LocationWriter, type MapEntry } from '@parley/domain'
import { aliasOf, domainOf, type LogicalUrl, parseLogicalUrl, RvpError, userUrl } from '@parley/protocol'
import { ConfigError } from '../load-config.ts'

/** A user of the directory map, as commands show it. */
export interface MapUser {
  readonly address: string
  readonly href: LogicalUrl
  readonly displayName: string
  readonly mail?: string
  readonly home: HomeName
  readonly unit?: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Which users are meant; all that is given must fit. */
export interface MapUserFilter {
  /** Homes that are meant; all when absent. */
  readonly homes?: ReadonlySet<string> | undefined
  /** A container: who is in it, or below it. */
  readonly unit?: string | undefined
}

/** Every user of the map that the filter takes, in no order; nothing grows with their number. */
export async function* usersInMap(
  map: Pick<LocationWriter, 'all'>,
  { homes, unit }: MapUserFilter,
): AsyncGenerator<MapUser> {
  const container = unit?.toLowerCase()
  for await (const entry of map.all()) {
    if (entry.kind !== 'user' || (homes && !homes.has(entry.home))) continue
    if (container !== undefined && !isInContainer(entry.unit, container)) continue
    yield mapUserOf(entry)
  }
}

/** What commands show of an entry. */
export function mapUserOf({ node, displayName, mail, home, unit, attributes = {} }: MapEntry): MapUser {
  return {
    address: addressOf(node),
    href: node,
    displayName,
    ...(mail !== undefined && { mail }),
    home,
    ...(unit !== undefined && { unit }),
    attributes,
  }
}

/** `alias@domain` of a user, the URL of any other node. */
export function addressOf(node: LogicalUrl): string {
  const alias = aliasOf(node)
  return alias === undefined ? node : `${alias}@${domainOf(node)}`
}

/**
 * The user that an administrator names: by alias in `domain`, IM address or logical URL, or by anything that the user may sign in as.
 * Undefined when there is none in the map. Rejects with ConfigError for what cannot be a name, and with UnavailableError.
 */
export async function findMapUser(
  map: Pick<Locations, 'entry' | 'named'>,
  name: string,
  domain: string,
): Promise<MapEntry | undefined> {
  const node = nodeNamed(name, domain)
  const entry = node && (await map.entry(node))
  if (entry) return entry
  const named = await map.named(name.toLowerCase())
  return named && (await map.entry(named.node))
}

/** The node that a name spells: an alias in `domain`, an IM address or a logical URL; undefined for anything else. */
export function nodeNamed(name: string, domain: string): LogicalUrl | undefined {
  const at = name.lastIndexOf('@')
  try {
    if (/^https?:/i.test(name)) return parseLogicalUrl(name)
    return parseLogicalUrl(at < 0 ? userUrl(domain, name) : userUrl(name.slice(at + 1), name.slice(0, at)))
  } catch (err) {
    if (err instanceof RvpError) return undefined
    throw err
  }
}

/** The homes of a site, which "sync.assignment" names. Throws ConfigError. */
export function homesOfSite(
  site: string,
  sites: Readonly<Record<string, { readonly homes: readonly string[] }>>,
): readonly string[] {
  const found = sites[site]
  if (found) return found.homes
  const known = Object.keys(sites).join(', ') || 'none'
  throw new ConfigError(`there is no site ${site}: "sync.assignment.sites" names ${known}`)
}
