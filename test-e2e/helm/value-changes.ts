import type { JsonSchema } from '../../helm/json-schema.ts'
import type { DocumentedValue } from '../../helm/values-file.ts'
import { schemaAt } from '../../helm/values-schema.ts'
import { mergeValues, type Values } from './chart.ts'

/** One value, and another that it may be; a number in the path is the place in a list. */
export interface ValueChange {
  readonly title: string
  readonly path: readonly (string | number)[]
  /** Where the value is that holds if there is none at `path`. */
  readonly general?: readonly (string | number)[]
  /** What it becomes instead of `current`; the same where the schema’s only example is that. Throws for a schema without a way. */
  readonly changed: (current: unknown) => unknown
}

/** Values that a part of the chart, or a site, can have for itself: where they are, where they are besides, and which are tried there. */
const overrides: readonly { readonly of: string; readonly at: readonly (string | number)[]; readonly only?: string }[] =
  [
    { of: 'pods', at: ['routers', 'pods'] },
    { of: 'pods', at: ['homes', 'pods'], only: 'labels' },
    { of: 'pods', at: ['sync', 'pods'], only: 'labels' },
    { of: 'routers', at: ['sites', 0, 'routers'] },
    { of: 'homes', at: ['sites', 0, 'homes'] },
  ]

/** A change of every documented value, and of each where a part has it for itself; those of `config` are Parley's own. */
export function valueChanges(documented: readonly DocumentedValue[], schema: JsonSchema): ValueChange[] {
  const changes = documented
    .filter(({ path }) => path[0] !== 'config')
    .map(({ path }) => changeOf(path, schemaAt(schema, path) ?? {}))
  return [
    ...changes,
    ...overrides.flatMap(({ of, at, only }) =>
      changes
        .filter(({ path }) => path[0] === of && path.at(-1) !== 'pods' && (only ?? path[1]) === path[1])
        .map(({ path, changed }) => {
          const place = [...at, ...path.slice(1)]
          return { title: place.join('.'), path: place, general: path, changed }
        }),
    ),
  ]
}

function changeOf(path: readonly string[], schema: JsonSchema): ValueChange {
  return { title: path.join('.'), path, changed: (current) => another(schema, current) }
}

function another(schema: JsonSchema, current: unknown): unknown {
  const { type, enum: choices, examples, anyOf, minimum = 0, maximum = Number.MAX_SAFE_INTEGER, items } = schema
  const differs = (value: unknown): boolean => JSON.stringify(value) !== JSON.stringify(current)
  if (examples) return examples.find(differs) ?? current
  if (choices) return choices.find((choice) => choice !== '' && differs(choice))
  if (anyOf?.[0]) return another(anyOf[0], current)
  if (type === 'boolean') return current !== true
  if (type === 'integer') return typeof current === 'number' && current < maximum ? current + 1 : minimum + 1
  if (type === 'array' && items) return [another(items, undefined)]
  if (type === 'object' && schema.properties) return withAnother(schema.properties)
  throw new Error(`no other value is known; give helm/values.ts an example: ${JSON.stringify(schema)}`)
}

function withAnother(properties: Readonly<Record<string, JsonSchema>>): unknown {
  const [first] = Object.entries(properties)
  if (!first) throw new Error('there is nothing in it')
  return { [first[0]]: another(first[1], undefined) }
}

/** The value at a path; undefined where there is none. */
export function valueAt(values: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], values)
}

/** `values` with the value at `path` changed, where a list or object in `path` that is not there is taken from `defaults`. */
export function withValue(values: Values, defaults: Values, { path, general = path, changed }: ValueChange): Values {
  const whole = mergeValues(defaults, values)
  const put = (at: unknown, [key, ...rest]: readonly (string | number)[]): unknown => {
    if (key === undefined) return changed(at ?? valueAt(whole, general))
    const copy = Array.isArray(at) ? [...at] : { ...(at as object | undefined) }
    ;(copy as Record<string | number, unknown>)[key] = put((copy as Record<string | number, unknown>)[key], rest)
    return copy
  }
  return put(whole, path) as Values
}

/** `bases` in the order in which a change is likely to show: first those that say most about what it is near to. */
export function likelyBases(bases: readonly Values[], { path }: ValueChange): Values[] {
  const depth = (values: Values): number =>
    path.findIndex((_, index) => valueAt(values, path.slice(0, index + 1)) === undefined)
  const score = (values: Values): number => (depth(values) < 0 ? path.length : depth(values))
  return bases.toSorted((a, b) => score(b) - score(a))
}
