import { identified } from './builtin-kinds.ts'
import { type JsonSchema, type OpenApiSchema, strictSchema } from './strict-schema.ts'

/** What is used of a CustomResourceDefinition. */
export interface CustomResourceDefinition {
  readonly kind: 'CustomResourceDefinition'
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly {
      readonly name: string
      readonly served: boolean
      readonly schema?: { readonly openAPIV3Schema?: OpenApiSchema }
    }[]
  }
}

/** A schema for each version that is served, by file name: `<group>/<kind>_<version>.json`. */
export function customKinds({ spec }: CustomResourceDefinition): Map<string, JsonSchema> {
  const { group, names, versions } = spec
  const kinds = new Map<string, JsonSchema>()
  for (const { name: version, served, schema } of versions) {
    if (!served || schema?.openAPIV3Schema === undefined) continue
    const file = `${group}/${names.kind.toLowerCase()}_${version}.json`
    kinds.set(file, identified(strictSchema(schema.openAPIV3Schema), { group, version, kind: names.kind }))
  }
  return kinds
}
