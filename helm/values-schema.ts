import { z } from 'zod'
import { chartConfigSchema } from './chart-config.ts'
import type { JsonSchema } from './json-schema.ts'
import { chartValues } from './values.ts'
import type { DocumentedValue } from './values-file.ts'

/** The schema of the chart's values, which Helm checks them with; descriptions are those of values.yaml. */
export function valuesSchema(documented: readonly DocumentedValue[]): JsonSchema {
  const schema = z.toJSONSchema(chartValues, { io: 'input', target: 'draft-7' }) as JsonSchema
  const whole = { ...schema, properties: { ...schema.properties, config: chartConfigSchema() } }
  return documented.reduce<JsonSchema>(
    (all, { path, description }) => (description === undefined ? all : described(all, path, description)),
    whole,
  )
}

/** The schema of the value at `path`, where `[]` stands for the entries of a list; undefined where there is none. */
export function schemaAt(schema: JsonSchema, path: readonly string[]): JsonSchema | undefined {
  const [first, ...rest] = path
  if (first === undefined) return schema
  const next = first === '[]' ? schema.items : schema.properties?.[first]
  return next && schemaAt(next, rest)
}

function described(schema: JsonSchema, path: readonly string[], description: string): JsonSchema {
  const [first, ...rest] = path
  if (first === undefined) return { ...schema, description }
  const next = schema.properties?.[first]
  if (next === undefined) return schema
  return { ...schema, properties: { ...schema.properties, [first]: described(next, rest, description) } }
}
