import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { cacheFolder, goAnswers, moduleFolder } from '../go-tools.ts'
import { builtinKinds, type Swagger } from './builtin-kinds.ts'
import { type CustomResourceDefinition, customKinds } from './custom-kinds.ts'
import type { JsonSchema } from './strict-schema.ts'

/** Versions of Kubernetes that the chart is checked against: the oldest that it claims, and the newest there was. */
export const kubernetesVersions = ['1.30.14', '1.37.2'] as const

interface CrdSource {
  readonly module: string
  readonly version: string
  readonly folder: string
}

/** Where the definitions of the custom resources come from that the chart can make. */
const crdSources: readonly CrdSource[] = [
  {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: 'v0.85.0',
    folder: 'example/prometheus-operator-crd',
  },
  { module: 'github.com/cert-manager/cert-manager', version: 'v1.21.2', folder: 'deploy/crds' },
  { module: 'github.com/external-secrets/external-secrets', version: 'v1.3.2', folder: 'config/crds/bases' },
  { module: 'sigs.k8s.io/gateway-api', version: 'v1.6.3', folder: 'config/crd/standard' },
]

/** To be raised when the schemas are made in another way. */
const format = 1

/** What kubeconform is told so that it finds the schemas, and looks nowhere else. */
export function schemaLocations(folder: string = storeFolder()): string[] {
  return [
    '-schema-location',
    folder,
    '-schema-location',
    `${folder}/crds/{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json`,
  ]
}

/** Makes the schemas unless they are there, says what it does, and tells whether they are there. */
export function ensureSchemas(): boolean {
  const folder = storeFolder()
  if (existsSync(folder)) return true
  if (!goAnswers()) {
    console.log('The tests of the chart need the schemas of Kubernetes, which `go` (missing on PATH) fetches.')
    return false
  }
  const start = performance.now()
  console.log(`making the schemas of Kubernetes ${kubernetesVersions.join(' and ')} …`)
  const isThere = ensureFolder(folder, (made) => {
    for (const version of kubernetesVersions) write(join(made, `v${version}-standalone-strict`), readBuiltins(version))
    for (const source of crdSources) write(join(made, 'crds'), readCrds(source))
  })
  if (isThere) console.log(`made them in ${((performance.now() - start) / 1000).toFixed(0)} s`)
  return isThere
}

/** Has a folder made, whole or not at all, unless it is there; says what went wrong, and tells whether it is there. */
export function ensureFolder(folder: string, make: (made: string) => void): boolean {
  if (existsSync(folder)) return true
  const made = `${folder}.${process.pid}`
  try {
    make(made)
    renameSync(made, folder)
    return true
  } catch (error) {
    rmSync(made, { recursive: true, force: true })
    // NOTE: of two runs at once the second to end cannot give its folder the name; it has the other's.
    if (existsSync(folder)) return true
    console.log(error instanceof Error ? error.message : error)
    return false
  }
}

function storeFolder(): string {
  const versions = [...kubernetesVersions, ...crdSources.map(({ version }) => version)]
  return join(cacheFolder(), 'kubernetes-schemas', `${format}-${versions.join('-')}`)
}

function readBuiltins(version: string): Map<string, JsonSchema> {
  const folder = moduleFolder('k8s.io/kubernetes', `v${version}`)
  return builtinKinds(JSON.parse(readFileSync(join(folder, 'api/openapi-spec/swagger.json'), 'utf8')) as Swagger)
}

function readCrds({ module, version, folder }: CrdSource): Map<string, JsonSchema> {
  const path = join(moduleFolder(module, version), folder)
  const kinds = new Map<string, JsonSchema>()
  for (const file of readdirSync(path).filter((name) => name.endsWith('.yaml'))) {
    for (const document of parseAllDocuments(readFileSync(join(path, file), 'utf8'))) {
      const definition = document.toJS() as CustomResourceDefinition | null
      if (definition?.kind !== 'CustomResourceDefinition') continue
      for (const [name, schema] of customKinds(definition)) kinds.set(name, schema)
    }
  }
  return kinds
}

function write(folder: string, schemas: ReadonlyMap<string, JsonSchema>): void {
  for (const [name, schema] of schemas) {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(schema))
  }
}
