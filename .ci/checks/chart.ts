/**
 * helm/parley/values.schema.json and helm/parley/README.md, made from helm/values.ts, the comments in values.yaml and
 * README.template.md; and whether those that describe the values agree. `--write` brings the files up to date.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonSchema } from '../../helm/json-schema.ts'
import { valueTables } from '../../helm/value-tables.ts'
import { type DocumentedValue, documentedValues } from '../../helm/values-file.ts'
import { schemaAt, valuesSchema } from '../../helm/values-schema.ts'
import { type Finding, report, root } from './source-file.ts'

const chart = 'helm/parley'
const valuesPath = `${chart}/values.yaml`
const schemaPath = `${chart}/values.schema.json`
const templatePath = `${chart}/README.template.md`
const readmePath = `${chart}/README.md`

/** Where the tables stand in README.template.md. */
const placeholder = '<!-- values -->'

/** Values without a comment or a type, and types without a value. */
export function disagreements(documented: readonly DocumentedValue[], schema: JsonSchema): string[] {
  const known = new Set(documented.map(({ path }) => path.join('.')))
  return [
    ...documented
      .filter(({ description }) => !description)
      .map(({ path }) => `${path.join('.')} has no comment "# -- …"`),
    ...documented
      .filter(({ path }) => schemaAt(schema, path) === undefined)
      .map(({ path }) => `${path.join('.')} is not in helm/values.ts`),
    ...undocumented(schema, [], known).map((path) => `${path} is in helm/values.ts only`),
  ]
}

// Helm itself adds it to the values of a chart within a chart.
const addedByHelm = 'global'

function undocumented(schema: JsonSchema, above: readonly string[], known: ReadonlySet<string>): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, each]) => {
    const path = [...above, name]
    if (known.has(path.join('.')) || path.join('.') === addedByHelm) return []
    return each.properties ? undocumented(each, path, known) : [path.join('.')]
  })
}

function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function formatted(path: string, json: string): string {
  return execFileSync('biome', ['format', `--stdin-file-path=${path}`], { cwd: root, input: json, encoding: 'utf8' })
}

function readmeText(documented: readonly DocumentedValue[], schema: JsonSchema): string {
  const template = readText(templatePath)
  if (!template.includes(placeholder)) throw new Error(`${templatePath} has no line ${placeholder}`)
  return template.replace(placeholder, () => valueTables(documented, schema).trimEnd())
}

function main(options: readonly string[]): Finding[] {
  const documented = documentedValues(readText(valuesPath))
  const schema = valuesSchema(documented)
  const made: readonly (readonly [path: string, text: string])[] = [
    [schemaPath, formatted(schemaPath, JSON.stringify(schema))],
    [readmePath, readmeText(documented, schema)],
  ]
  if (options.includes('--write')) for (const [path, text] of made) writeFileSync(join(root, path), text)
  const stale = made.filter(([path, text]) => text !== textAt(path)).map(([path]) => path)
  return [
    ...disagreements(documented, schema).map((message) => ({ path: valuesPath, message })),
    ...stale.map((path) => ({ path, message: 'is out of date: run "npm run generate" and commit it' })),
  ]
}

function textAt(path: string): string | undefined {
  try {
    return readText(path)
  } catch {
    return undefined
  }
}

if (import.meta.main) report(main(process.argv.slice(2)))
