import type { JsonSchema } from './json-schema.ts'
import type { DocumentedValue } from './values-file.ts'
import { schemaAt } from './values-schema.ts'

const head = ['value', 'type', 'default', 'meaning']

/** Tables of all values in Markdown, one for each outermost key, and one for those that stand alone. */
export function valueTables(documented: readonly DocumentedValue[], schema: JsonSchema): string {
  const alone = documented.filter(({ path }) => path.length === 1)
  const groups = Map.groupBy(
    documented.filter(({ path }) => path.length > 1),
    ({ path: [first = ''] }) => first,
  )
  return [
    ...(alone.length > 0 ? [table(alone, schema)] : []),
    ...[...groups].map(([name, values]) => `### \`${name}\`\n\n${table(values, schema)}`),
  ].join('\n')
}

function table(values: readonly DocumentedValue[], schema: JsonSchema): string {
  const rows = values.flatMap((each) => [
    row(each, schema),
    ...entryRows(each.path.join('.'), schemaAt(schema, each.path)),
  ])
  return [head, head.map(() => '---'), ...rows].map(line).join('')
}

function row({ path, description, value }: DocumentedValue, schema: JsonSchema): string[] {
  return [code(path.join('.')), typeText(schemaAt(schema, path) ?? {}), code(JSON.stringify(value)), description ?? '']
}

/** What the entries of a list hold, if it is a list of objects that we describe. */
function entryRows(path: string, { items }: JsonSchema = {}): string[][] {
  return Object.entries(items?.properties ?? {})
    .filter(([, { description }]) => description !== undefined)
    .map(([name, each]) => [
      code(`${path}[].${name}`),
      typeText(each),
      items?.required?.includes(name) ? 'required' : '',
      each.description ?? '',
    ])
}

function typeText({ type, const: only, enum: choices, anyOf, items }: JsonSchema): string {
  if (only !== undefined) return code(JSON.stringify(only))
  if (choices) return choices.map((choice) => code(JSON.stringify(choice))).join(', ')
  if (anyOf) return anyOf.map(typeText).join(' or ')
  if (type === 'array') return items?.type === undefined || items.enum ? 'list' : `list of ${items.type}s`
  return type ?? 'anything'
}

function code(text: string): string {
  return `\`${text}\``
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
}
