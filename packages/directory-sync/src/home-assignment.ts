import { type HomeName, isInContainer, type SourceUser } from '@parley/domain'
import type { HomeLoads } from './home-loads.ts'

/** Fits users below a container, or by an attribute; with both, both must fit. */
export interface SiteRule {
  readonly site: string
  /** As in SourceUser.unit; case and blanks after commas do not matter. */
  readonly unit?: string | undefined
  /** One of SourceUser.attributes, or `site` for SourceUser.site. */
  readonly attribute?: string | undefined
  readonly value?: string | undefined
}

/** Which home a new user gets. */
export interface AssignmentRules {
  /** The first that fits names the site. */
  readonly rules: readonly SiteRule[]
  readonly sites: Readonly<Record<string, { readonly homes: readonly HomeName[]; readonly capacity: number }>>
}

/** A home for a user, and what an administrator should know of the choice. */
export interface Assigned {
  readonly home: HomeName
  readonly problems: readonly string[]
}

/** There is no home at all to give users to. */
export class NoHomeError extends Error {
  override readonly name = 'NoHomeError'

  constructor() {
    super('no home is known to give users to: start one with "parley home --name NAME", or name homes in "sync.homes"')
  }
}

/** Gives users homes: that which the directory names, else that of their site with the most room, else that with the fewest users. */
export class HomeAssignment {
  readonly #rules: AssignmentRules
  readonly #homes: ReadonlySet<HomeName>
  readonly #loads: Pick<HomeLoads, 'of'>

  /** `homes` are those that users may be given. */
  constructor(rules: AssignmentRules, homes: readonly HomeName[], loads: Pick<HomeLoads, 'of'>) {
    this.#rules = rules
    this.#homes = new Set(homes)
    this.#loads = loads
  }

  /** Whether users may be given this home. */
  isKnown(home: HomeName): boolean {
    return this.#homes.has(home)
  }

  /** The home of a user who has none. Throws NoHomeError. */
  choose(user: Pick<SourceUser, 'home' | 'site' | 'unit' | 'attributes'>): Assigned {
    const { home } = user
    if (home !== undefined && this.isKnown(home)) return { home, problems: [] }
    const problems = home === undefined ? [] : [unknownHome(home)]
    const site = this.#siteOf(user)
    const rooms = (site?.homes ?? [])
      .filter((one) => this.isKnown(one))
      .map((one) => [one, this.#room(one, site)] as const)
    const [roomiest] = rooms.sort(([, a], [, b]) => b - a)
    if (!roomiest) {
      const nobody = site
        ? [`no home of the site ${site.name} is known yet; start one of ${site.homes.join(', ')}`]
        : []
      return { home: this.#leastLoaded(), problems: [...problems, ...nobody] }
    }
    const full =
      roomiest[1] > 0 ? [] : [`the homes of the site ${site?.name} are full: add one, or raise their capacity`]
    return { home: roomiest[0], problems: [...problems, ...full] }
  }

  #siteOf(user: Pick<SourceUser, 'site' | 'unit' | 'attributes'>) {
    const name = this.#rules.rules.find((rule) => fits(rule, user))?.site ?? user.site ?? ''
    const site = Object.hasOwn(this.#rules.sites, name) ? this.#rules.sites[name] : undefined
    return site && { ...site, name }
  }

  #room(home: HomeName, site: { readonly capacity: number } | undefined): number {
    return (site?.capacity ?? 0) - this.#loads.of(home)
  }

  #leastLoaded(): HomeName {
    const [first] = [...this.#homes].sort((a, b) => this.#loads.of(a) - this.#loads.of(b))
    if (first === undefined) throw new NoHomeError()
    return first
  }
}

function unknownHome(home: HomeName): string {
  return `the directory names the home ${home}, which nobody ever held: start "parley home --name ${home}", or correct the entry`
}

function fits({ unit, attribute, value }: SiteRule, user: Pick<SourceUser, 'site' | 'unit' | 'attributes'>): boolean {
  if (unit !== undefined && !isInContainer(normalised(user.unit ?? ''), normalised(unit))) return false
  if (attribute === undefined) return true
  const actual = attribute === 'site' ? user.site : user.attributes[attribute]
  return actual !== undefined && actual.toLowerCase() === value?.toLowerCase()
}

function normalised(unit: string): string {
  return unit
    .toLowerCase()
    .replace(/\s*,\s*/g, ',')
    .trim()
}
