/**
 * docs/configuration.md and docs/configuration-cluster.md with their JSON Schemas, made from the schemas that the commands check
 * their configuration with, and from their `--help`. `--write` brings them up to date.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { clusterConfig } from '../../packages/server/src/cluster-config.ts'
import { serveConfig } from '../../packages/server/src/config.ts'
import { type Finding, report, root } from './source-file.ts'

/** One configuration file, the page about it, and its JSON Schema beside the page. */
interface Reference {
  readonly page: string
  readonly schemaFile: string
  readonly title: string
  /** The file whose schema it is made from. */
  readonly source: string
  readonly schema: () => unknown
  /** What the page says before the settings. */
  readonly intro: string
  readonly example: string
  readonly commands: readonly string[]
}

const references: readonly Reference[] = [
  {
    page: 'configuration.md',
    schemaFile: 'config.schema.json',
    title: 'Configuration of `parley serve`',
    source: 'packages/server/src/config.ts',
    schema: () => serveConfig.toJSONSchema({ io: 'input' }),
    intro: 'The configuration is one YAML file, given with `--config`; what the command line says wins over it.',
    example: `domains:
  - name: im.example.com
data: /var/lib/parley
users: /etc/parley/users.yaml`,
    commands: ['serve'],
  },
  {
    page: 'configuration-cluster.md',
    schemaFile: 'cluster-config.schema.json',
    title: 'Configuration of a cluster',
    source: 'packages/server/src/cluster-config.ts',
    schema: () => clusterConfig.toJSONSchema({ io: 'input' }),
    intro: `One YAML file for all processes of a cluster: \`parley router\`, \`home\`, \`sync\`, \`status\`, \`doctor\`, \`nats-users\`,
\`user\`, \`dns\` and \`pac\` read it, each what concerns it. What differs from process to process is said on the command line, which wins
over the file. [cluster.md](cluster.md) tells how the parts work together.`,
    example: `domains:
  - name: im.example.com
users: /etc/parley/users.yaml
redis:
  url: redis://redis.example.com:6379
nats:
  servers: [nats://nats.example.com:4222]
cluster:
  keys:
    - { id: k1, file: /etc/parley/cluster.key }`,
    commands: ['router', 'home'],
  },
]

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

function pageText({ title, source, intro, schemaFile, example, commands }: Reference, schema: JsonSchema): string {
  return `# ${title}

Made by \`npm run generate\` from \`${source}\`: change it there.

${intro}
Every mistake in it is named at once, and nothing starts. A key that does not exist is a mistake.
[${schemaFile}](${schemaFile}) is the same as a JSON Schema, for editors: put
\`# yaml-language-server: $schema=…/docs/${schemaFile}\` on the first line of the file.

The least that is needed:

${indented(example)}

## Settings

${tableText(['setting', 'type', 'default', 'meaning'], settingRows(schema))}
Relative paths are taken from the directory in which the command runs.

## The command line

${commands.map((command) => indented(helpOf(command))).join('\n\n')}
`
}

function helpOf(command: string): string {
  return execFileSync('node', ['packages/server/src/main.ts', command, '--help'], { cwd: root, encoding: 'utf8' })
}

function indented(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`.trimEnd())
    .join('\n')
}

function made(): readonly (readonly [path: string, text: string])[] {
  return references.flatMap((reference) => {
    const schema = reference.schema()
    const schemaPath = `docs/${reference.schemaFile}`
    return [
      [`docs/${reference.page}`, pageText(reference, schema as JsonSchema)] as const,
      [schemaPath, formatted(schemaPath, JSON.stringify(schema))] as const,
    ]
  })
}

function formatted(path: string, json: string): string {
  return execFileSync('biome', ['format', `--stdin-file-path=${path}`], { cwd: root, input: json, encoding: 'utf8' })
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
