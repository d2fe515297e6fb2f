import { isSecretSetting } from './known-secrets.ts'
import type { Redaction } from './redaction.ts'

/** The part of JSON Schema that a configuration uses. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
}

/** Settings that name people. */
const people = /^(?:directory\.bind\.dn|create\[\d+\]\.by(?:\[\d+\])?)$/

/**
 * A configuration as its file has it, whether or not it is right. Settings that `schema` does not know are left out with their values:
 * somebody may have put a password where none belongs.
 */
export function redactConfig(config: unknown, schema: unknown, redaction: Redaction): unknown {
  return redacted(config, schema as Schema, '', redaction)
}

function redacted(value: unknown, schema: Schema | undefined, setting: string, redaction: Redaction): unknown {
  if (schema === undefined) return redaction.leftOut('setting')
  if (typeof value !== 'string' && isSecretSetting(setting)) return redaction.leftOut('secret')
  if (Array.isArray(value)) {
    const items = schema.items ?? schema.anyOf?.find((one) => one.items)?.items
    return value.map((one, at) => redacted(one, items, `${setting}[${at}]`, redaction))
  }
  if (typeof value === 'object' && value !== null) {
    const { properties = {}, additionalProperties } = schema
    const others = typeof additionalProperties === 'object' ? additionalProperties : undefined
    const known = (name: string): Schema | undefined => (Object.hasOwn(properties, name) ? properties[name] : others)
    return Object.fromEntries(
      Object.entries(value).map(([name, below]) => [
        known(name) ? name : redaction.text(name),
        redacted(below, known(name), setting === '' ? name : `${setting}.${name}`, redaction),
      ]),
    )
  }
  if (typeof value !== 'string') return value
  const text = redaction.url(value)
  return people.test(setting) && value !== 'everybody' ? redaction.name(text) : redaction.text(text)
}
