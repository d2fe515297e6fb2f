import { type Language, languages } from './names.ts'
import { SeededRandom } from './seeded-random.ts'
import { departments, workplaces } from './workplaces.ts'

/** Somebody who works at Example: invented, and plausible. */
export interface GeneratedPerson {
  readonly index: number
  /** A UUID, lower case. */
  readonly id: string
  readonly givenName: string
  readonly surname: string
  readonly displayName: string
  /** Unique: a-z, 0-9, `.` and `-`. */
  readonly alias: string
  /** Unique: the account for Windows, of at most 20 characters; the personnel number. */
  readonly account: string
  /** Unique. Its local part is the alias. */
  readonly mail: string
  /** Unique; differs from the mail address. */
  readonly userPrincipalName: string
  readonly department: string
  readonly title: string
  /** City and room. */
  readonly office: string
  readonly company: string
  /** The site whose home would be theirs. */
  readonly site: string
  readonly telephone: string
}

export interface GeneratedPeopleOptions {
  readonly count: number
  readonly seed?: number
}

/** Domains of what is generated. */
export const generatedNames = {
  mailDomain: 'example.com',
  accountDomain: 'corp.example.com',
  ntDomain: 'EXAMPLE',
} as const

const allLanguages = Object.keys(languages) as Language[]
/** The share of people who work where most have names in another language. */
const abroad = 0.15
const withSecondName = 0.12
const firstPersonnelNumber = 100_000

/**
 * People one by one, the same for the same seed, so that a million need no memory to speak of. The first of many are the same as all
 * of few.
 */
export function* generatedPeople({ count, seed = 1 }: GeneratedPeopleOptions): Generator<GeneratedPerson, void, void> {
  const random = new SeededRandom(seed)
  // Bounded by the names that there are, not by the people.
  const namesakes = new Map<string, number>()
  for (let index = 0; index < count; index++) {
    const workplace = workplaces[random.rank(workplaces.length)] as (typeof workplaces)[number]
    const isAbroad = random.share() < abroad
    const { given, surnames } =
      languages[isAbroad ? pick(allLanguages, random.below(allLanguages.length)) : workplace.language]
    const first = pick(given, random.rank(given.length))
    const second = pick(given, random.below(given.length))
    const givenName = random.share() < withSecondName && second !== first ? `${first} ${second}` : first
    const surname = pick(surnames, random.rank(surnames.length))
    const department = pick(departments, random.rank(departments.length))
    const name = `${folded(first)}.${folded(surname)}`
    const earlier = namesakes.get(name) ?? 0
    namesakes.set(name, earlier + 1)
    const alias = earlier === 0 ? name : `${name}${earlier + 1}`
    const account = `e${firstPersonnelNumber + index}`
    yield {
      index,
      id: uuidOf(random),
      givenName,
      surname,
      displayName: `${givenName} ${surname}`,
      alias,
      account,
      mail: `${alias}@${generatedNames.mailDomain}`,
      userPrincipalName: `${account}@${generatedNames.accountDomain}`,
      department: department.name,
      title: pick(department.titles, random.rank(department.titles.length)),
      office: `${workplace.city} ${1 + random.below(9)}.${100 + random.below(400)}`,
      company: workplace.company,
      site: workplace.site,
      telephone: `+999 555 ${String(random.below(1_000_000)).padStart(6, '0')}`,
    }
  }
}

const letters: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['ø', 'o'],
  ['æ', 'ae'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['ı', 'i'],
])

/** A name as it stands in an address: a-z and hyphens. */
function folded(name: string): string {
  return name
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{Mark}|['\s]/gu, '')
    .replaceAll(/[ßøæłđı]/g, (letter) => letters.get(letter) ?? '')
}

function uuidOf(random: SeededRandom): string {
  const hex = Array.from({ length: 4 }, () => random.bits().toString(16).padStart(8, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`
}

function pick<T>(from: readonly T[], at: number): T {
  return from[at] as T
}
