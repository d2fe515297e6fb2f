import type { Redaction } from './redaction.ts'

/** All texts in `value`, redacted. */
export function redactedJson(value: unknown, redaction: Redaction): unknown {
  if (typeof value === 'string') return redaction.text(value)
  if (Array.isArray(value)) return value.map((one) => redactedJson(one, redaction))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, redactedJson(below, redaction)]))
}
