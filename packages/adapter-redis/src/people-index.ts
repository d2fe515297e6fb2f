import { containerPath, type MapEntry, searchWords, wordsOfPerson } from '@parley/domain'
import { aliasOf, domainOf } from '@parley/protocol'
import { nodeRef } from './keys.ts'
import type { RedisConnection } from './redis-connection.ts'
import { script } from './script.ts'

/*
 * A user is found by members of one sorted set, one for each word, whose parts are parted by NUL:
 *
 *   <word> <the user's other words> NUL ,<number>,<number>, NUL <ref>
 *
 * Words that other words of the user begin with have no member: the longer ones find the user as well. To save memory, other words that
 * are addresses end at the @, and the ref is only `@<IM domain>` where the alias is what the only one of them has before the @.
 *
 * Each number stands for a word of an attribute, or for a container of the directory, of which there are few. Another sorted set finds them
 * by their beginnings, in members `<attribute>=<word> NUL <number>` and `=<path of the container> NUL <number>`. They stay when nobody
 * has them any more.
 */

/** Gives the number of each fact. KEYS: facts. ARGV: facts. */
const numberScript = script(`
local all = {}
for i = 1, #ARGV do
  local start = ARGV[i] .. '\\0'
  local found = redis.call('ZRANGEBYLEX', KEYS[1], '[' .. start, '(' .. start .. '\\255', 'LIMIT', 0, 1)[1]
  if not found then
    found = start .. redis.call('ZCARD', KEYS[1])
    redis.call('ZADD', KEYS[1], 0, found)
  end
  all[i] = string.sub(found, #start + 1)
end
return all
`)

const atOnce = 1_000

/** Attributes whose words are among those that their user is found by (wordsOfPerson), so that they need no numbers. */
export const nameAttributes: readonly string[] = ['givenName', 'surname']

/** How a word of an attribute is spelled in the index. */
export function wordFact(attribute: string, word: string): string {
  return `${attribute}=${word}`.replaceAll('\0', ' ')
}

/** How a container is spelled in the index: as all that is below it begins. */
export function containerFact(unit: string): string {
  const path = containerPath(unit).map((part) => `${part}\x01`)
  return `=${path.join('')}`.replaceAll('\0', ' ')
}

/** Has users found by people search (PeopleRedis). */
export class PeopleIndex {
  readonly #connection: RedisConnection

  constructor(connection: RedisConnection) {
    this.#connection = connection
  }

  async add(entries: readonly MapEntry[]): Promise<void> {
    const members = await this.#members(entries)
    const key = this.#connection.keys.people('words')
    await each([...members.values()].flat(), (some) =>
      this.#connection.run(key, (client) => client.zadd(key, ...some.flatMap((member) => [0, member]))),
    )
  }

  /** Takes out what former entries had, and those of their nodes now have not. */
  async drop(changes: readonly (readonly [former: MapEntry, now: MapEntry | undefined])[]): Promise<void> {
    const entries = changes.flat().filter((entry) => entry !== undefined)
    const members = await this.#members(entries)
    const stale = changes.flatMap(([former, now]) => {
      const kept = new Set(now && members.get(now))
      return members.get(former)?.filter((member) => !kept.has(member)) ?? []
    })
    const key = this.#connection.keys.people('words')
    await each(stale, (some) => this.#connection.run(key, (client) => client.zrem(key, ...some)))
  }

  async #members(entries: readonly MapEntry[]): Promise<Map<MapEntry, string[]>> {
    const users = entries.filter(({ kind }) => kind === 'user')
    const facts = new Map(users.map((user) => [user, factsOf(user)]))
    const numbers = await this.#numbers([...new Set([...facts.values()].flat())])
    return new Map(
      users.map((user) => [
        user,
        membersOf(
          user,
          (facts.get(user) ?? []).map((fact) => numbers.get(fact) ?? ''),
        ),
      ]),
    )
  }

  async #numbers(facts: readonly string[]): Promise<Map<string, string>> {
    const key = this.#connection.keys.people('facts')
    const numbers = new Map<string, string>()
    await each(facts, async (some) => {
      const reply = await this.#connection.write(numberScript, [key], some)
      const found: readonly unknown[] = Array.isArray(reply) ? reply : []
      for (const [at, fact] of some.entries()) numbers.set(fact, String(found[at]))
    })
    return numbers
  }
}

function membersOf(user: MapEntry, numbers: readonly string[]): string[] {
  const words = longest(wordsOfPerson(user))
  const [address, ...more] = words.filter((word) => word.includes('@')).map(localPart)
  const isSaid = more.length === 0 && address === `${aliasOf(user.node)}@`
  const ref = isSaid ? `@${domainOf(user.node)}` : nodeRef(user.node)
  return words.map((word) => {
    const others = words.filter((other) => other !== word).map(localPart)
    return `${[word, ...others].join(' ')}\0,${numbers.map((number) => `${number},`).join('')}\0${ref}`
  })
}

function factsOf({ attributes = {}, unit }: MapEntry): string[] {
  const facts = Object.entries(attributes)
    .filter(([attribute]) => !nameAttributes.includes(attribute))
    .flatMap(([attribute, value]) => searchWords(value).map((word) => wordFact(attribute, word)))
  return unit === undefined ? facts : [...facts, containerFact(unit)]
}

/** An address up to its @; any other word as it is. */
function localPart(word: string): string {
  return word.slice(0, word.indexOf('@') + 1) || word
}

/** Each word replaced by the longest that begins with it. */
function longest(words: readonly string[]): readonly string[] {
  const byLength = words.toSorted((a, b) => b.length - a.length)
  return [...new Set(words.map((word) => byLength.find((other) => other.startsWith(word)) ?? word))]
}

async function each<T>(all: readonly T[], work: (some: readonly T[]) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < all.length; start += atOnce) await work(all.slice(start, start + atOnce))
}
