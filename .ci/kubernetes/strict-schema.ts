/** The part of OpenAPI that descriptions of Kubernetes’ kinds use. */
export interface OpenApiSchema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly nullable?: boolean
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, OpenApiSchema>>
  readonly additionalProperties?: OpenApiSchema | boolean
  readonly items?: OpenApiSchema
  readonly allOf?: readonly OpenApiSchema[]
  readonly anyOf?: readonly OpenApiSchema[]
  readonly oneOf?: readonly OpenApiSchema[]
  readonly not?: OpenApiSchema
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly [other: string]: unknown
}

/** A JSON Schema, draft 4: the one that OpenAPI is made after. */
export type JsonSchema = { readonly [key: string]: unknown }

// What means the same in both, and refers to no other schema. Descriptions are not among them: they are most of the text.
const copied = [
  '$ref',
  'required',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
] as const

// The others are hints about memory, or Kubernetes’ own.
const formats = new Set(['date-time', 'duration'])

/**
 * `schema` as a JSON Schema that refuses properties nobody described, as `kubectl apply` does with strict validation. A null is
 * refused unless the schema allows it: templates leave one behind where a value is missing.
 */
export function strictSchema(schema: OpenApiSchema): JsonSchema {
  return convert(schema, true)
}

// Within allOf, anyOf, oneOf and not, a schema tells only a part of what is there: `strict` is false.
function convert(schema: OpenApiSchema, strict: boolean): JsonSchema {
  const isObject = schema.properties !== undefined
  const isOpen = schema.additionalProperties !== undefined || schema['x-kubernetes-preserve-unknown-fields'] === true
  return {
    ...Object.fromEntries(copied.filter((key) => schema[key] !== undefined).map((key) => [key, schema[key]])),
    ...typeOf(schema),
    ...(schema.enum && { enum: schema.nullable ? [...schema.enum, null] : schema.enum }),
    ...(schema.format !== undefined && formats.has(schema.format) && { format: schema.format }),
    ...(schema.properties && { properties: mapValues(schema.properties, (each) => convert(each, strict)) }),
    ...(schema.items && { items: convert(schema.items, strict) }),
    ...(typeof schema.additionalProperties === 'object' && {
      additionalProperties: convert(schema.additionalProperties, strict),
    }),
    ...(strict && isObject && !isOpen && { additionalProperties: false }),
    ...parts(schema),
  }
}

function typeOf(schema: OpenApiSchema): JsonSchema {
  const isEither = schema.format === 'int-or-string' || schema['x-kubernetes-int-or-string'] === true
  const types = isEither ? ['integer', 'string'] : schema.type === undefined ? [] : [schema.type]
  if (types.length === 0) return {}
  if (schema.nullable) return { type: [...types, 'null'] }
  return { type: types.length === 1 ? types[0] : types }
}

function parts(schema: OpenApiSchema): JsonSchema {
  const lists = (['allOf', 'anyOf', 'oneOf'] as const).flatMap((key) => {
    const list = schema[key]
    return list ? [[key, list.map((part) => convert(part, false))]] : []
  })
  return { ...Object.fromEntries(lists), ...(schema.not && { not: convert(schema.not, false) }) }
}

function mapValues<In, Out>(record: Readonly<Record<string, In>>, change: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
