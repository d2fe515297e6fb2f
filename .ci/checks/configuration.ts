/**
 * docs/configuration.md and docs/config.schema.json, made from the schema that `parley serve` checks its configuration with, and
 * from its `--help`. `--write` brings them up to date.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveConfig } from '../../packages/server/src/config.ts'
import { type Finding, report, root } from './source-file.ts'

const pagePath = 'docs/configuration.md'
const schemaPath = 'docs/config.schema.json'

/** The part of JSON Schema that the configuration uses. */
export interface JsonSchema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly description?: string
  readonly anyOf?: readonly JsonSchema[]
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

/** One row for each setting, in the schema's order; `[]` in a key stands for each entry of a list. */
export function settingRows(schema: JsonSchema, prefix = ''): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, setting]) => {
    const key = `${prefix}${name}`
    const isRequired = schema.required?.includes(name) ?? false
    const row = [`\`${key}\``, typeText(setting), defaultText(setting, isRequired), setting.description ?? '']
    return [row, ...settingRows(setting, `${key}.`), ...settingRows(setting.items ?? {}, `${key}[].`)]
  })
}

function typeText({ type, const: only, enum: choices, anyOf, items }: JsonSchema): string {
  if (only !== undefined) return `\`${JSON.stringify(only)}\``
  if (choices) return choices.map((choice) => `\`${choice}\``).join(', ')
  if (anyOf) return anyOf.map(typeText).join(' or ')
  if (type === 'array') return `list of ${items?.type === 'object' ? 'the following' : `${typeText(items ?? {})}s`}`
  return type === 'object' ? 'the following' : (type ?? 'anything')
}

function defaultText({ type, default: value }: JsonSchema, isRequired: boolean): string {
  if (isRequired) return 'required'
  return value === undefined || type === 'object' ? '' : `\`${JSON.stringify(value)}\``
}

/** A table in Markdown. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return [head, head.map(() => '---'), ...rows].map(line).join('')
}

function pageText(schema: JsonSchema, help: string): string {
  return `# Configuration of \`parley serve\`

Made by \`npm run generate\` from \`packages/server/src/config.ts\`: change it there.

The configuration is one YAML file, given with \`--config\`; what the command line says wins over it. Every mistake in it
is named at once, and nothing starts. A key that does not exist is a mistake. [config.schema.json](config.schema.json)
is the same as a JSON Schema, for editors: put \`# yaml-language-server: $schema=…/docs/config.schema.json\` on the first
line of the file.

The least that is needed:

    domains:
      - name: im.example.com
    data: /var/lib/parley
    users: /etc/parley/users.yaml

## Settings

${tableText(['setting', 'type', 'default', 'meaning'], settingRows(schema))}
Relative paths are taken from the directory in which the command runs.

## The command line

${help
  .trimEnd()
  .split('\n')
  .map((line) => `    ${line}`.trimEnd())
  .join('\n')}
`
}

function made(): readonly (readonly [path: string, text: string])[] {
  const schema = serveConfig.toJSONSchema({ io: 'input' })
  const help = execFileSync('node', ['packages/server/src/main.ts', 'serve', '--help'], { cwd: root, encoding: 'utf8' })
  return [
    [pagePath, pageText(schema as JsonSchema, help)],
    [schemaPath, formatted(JSON.stringify(schema))],
  ]
}

function formatted(json: string): string {
  return execFileSync('biome', ['format', `--stdin-file-path=${schemaPath}`], {
    cwd: root,
    input: json,
    encoding: 'utf8',
  })
}

function textAt(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch {
    return undefined
  }
}

function main(options: readonly string[]): Finding[] {
  const findings: Finding[] = []
  for (const [path, text] of made()) {
    if (options.includes('--write')) writeFileSync(join(root, path), text)
    else if (textAt(path) !== text)
      findings.push({ path, message: 'is out of date: run "npm run generate" and commit it' })
  }
  return findings
}

if (import.meta.main) report(main(process.argv.slice(2)))
