import { mergeValues, type Values } from './chart.ts'

/** What can be chosen independently of the rest, and the values of each choice. */
export type Dimensions = Readonly<Record<string, Readonly<Record<string, Values>>>>

/** One choice in each dimension, by name. */
export type Case = Readonly<Record<string, string>>

/**
 * Few cases in which every two choices of different dimensions meet at least once. Takes the same for the same dimensions:
 * each case starts with a pair that is missing yet, and takes for the rest what covers most.
 */
export function pairwise(dimensions: Dimensions): Case[] {
  const names = Object.keys(dimensions)
  const choices = (name: string): string[] => Object.keys(dimensions[name] ?? {})
  const missing = new Set<string>()
  for (const [index, first] of names.entries())
    for (const second of names.slice(index + 1))
      for (const a of choices(first)) for (const b of choices(second)) missing.add(pair([first, a], [second, b]))

  const cases: Case[] = []
  for (const [start] of iterateWhile(missing)) {
    const picked = new Map(JSON.parse(start) as [string, string][])
    for (const name of names) {
      if (picked.has(name)) continue
      const gain = (choice: string): number =>
        [...picked].filter((other) => missing.has(pair(...inOrder(names, other, [name, choice])))).length
      picked.set(
        name,
        choices(name).reduce((best, choice) => (gain(choice) > gain(best) ? choice : best)),
      )
    }
    const all = names.map((name) => [name, picked.get(name) ?? ''] as const)
    for (const [index, first] of all.entries())
      for (const second of all.slice(index + 1)) missing.delete(pair(first, second))
    cases.push(Object.fromEntries(all))
  }
  return cases
}

/** The values of a case, one choice laid over the other in the order of the dimensions. */
export function valuesOf(dimensions: Dimensions, choice: Case, base: Values = {}): Values {
  return mergeValues(base, ...Object.entries(choice).map(([name, option]) => dimensions[name]?.[option] ?? {}))
}

/** A case in few words. */
export function titleOfCase(choice: Case): string {
  return Object.entries(choice)
    .map(([name, option]) => `${name}: ${option}`)
    .join(', ')
}

type Choice = readonly [name: string, option: string]

function pair(first: Choice, second: Choice): string {
  return JSON.stringify([first, second])
}

function inOrder(names: readonly string[], first: Choice, second: Choice): [Choice, Choice] {
  return names.indexOf(first[0]) < names.indexOf(second[0]) ? [first, second] : [second, first]
}

/** The first of `set`, again and again until there is none. */
function* iterateWhile(set: ReadonlySet<string>): Generator<[string]> {
  for (let [first] = set; first !== undefined; [first] = set) yield [first]
}
