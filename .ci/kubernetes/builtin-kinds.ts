import { type JsonSchema, type OpenApiSchema, strictSchema } from './strict-schema.ts'

/** A group, version and kind of Kubernetes. */
export interface GroupVersionKind {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** What is used of Kubernetes’ swagger.json. */
export interface Swagger {
  readonly definitions: Readonly<Record<string, OpenApiSchema>>
}

// The description says that it is a string, and the server takes numbers, too.
const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
const refersTo = '#/definitions/'

/** A schema for each kind of Kubernetes, each with all that it refers to, by the file name that kubeconform looks for. */
export function builtinKinds({ definitions }: Swagger): Map<string, JsonSchema> {
  const strict = new Map(Object.entries(definitions).map(([name, each]) => [name, strictSchema(each)]))
  strict.set(quantity, { type: ['string', 'number'] })
  const kinds = new Map<string, JsonSchema>()
  for (const [name, definition] of Object.entries(definitions)) {
    const [kind, ...others] = (definition['x-kubernetes-group-version-kind'] ?? []) as GroupVersionKind[]
    // Those of many groups, such as DeleteOptions, are in no manifest.
    if (kind !== undefined && others.length === 0) kinds.set(fileName(kind), standalone(name, kind, strict))
  }
  return kinds
}

function standalone(name: string, kind: GroupVersionKind, definitions: ReadonlyMap<string, JsonSchema>): JsonSchema {
  const needed = new Set<string>()
  const collect = (schema: JsonSchema): void => {
    for (const other of references(schema)) {
      if (needed.has(other)) continue
      needed.add(other)
      collect(definitions.get(other) ?? {})
    }
  }
  const own = definitions.get(name) ?? {}
  collect(own)
  return {
    ...identified(own, kind),
    definitions: Object.fromEntries([...needed].map((other) => [other, definitions.get(other)])),
  }
}

/** `schema`, which may be of any kind, for one kind. */
export function identified(schema: JsonSchema, { group, version, kind }: GroupVersionKind): JsonSchema {
  const properties = schema.properties as Record<string, JsonSchema> | undefined
  const required = (schema.required ?? []) as string[]
  return {
    ...schema,
    properties: {
      ...properties,
      apiVersion: { enum: [group === '' ? version : `${group}/${version}`] },
      kind: { enum: [kind] },
    },
    required: [...new Set([...required, 'apiVersion', 'kind', 'metadata'])],
  }
}

function fileName({ group, version, kind }: GroupVersionKind): string {
  return `${[kind, group.split('.')[0], version].filter(Boolean).join('-').toLowerCase()}.json`
}

/** Names of the definitions that are referred to directly. */
function references(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value.replace(refersTo, '')] : references(value),
  )
}
